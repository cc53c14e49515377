import { parentPort, workerData } from 'node:worker_threads';
import { openServer, type ServerOptions } from './server';
import { packError } from './storage/open-errors';

/** What the worker says to the thread that started it. */
export type FromWorker =
  | { kind: 'open'; uri: string; tcpUri: string | undefined }
  | { kind: 'failed'; error: ReturnType<typeof packError> }
  | { kind: 'closed' };

const port = parentPort as NonNullable<typeof parentPort>;
const say = (message: FromWorker): void => port.postMessage(message);

async function main(): Promise<void> {
  try {
    const { uri, tcpUri, close } = await openServer(workerData as ServerOptions);
    port.once('message', async () => {
      await close();
      say({ kind: 'closed' });
      port.close();
    });
    say({ kind: 'open', uri, tcpUri });
  } catch (error) {
    say({ kind: 'failed', error: packError(error) });
    port.close();
  }
}

void main();
