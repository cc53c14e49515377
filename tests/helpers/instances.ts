import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedDatabase } from '../../src/database/embedded';
import { startTestService } from './service';

/** Several Rollcalls on one database and, where there is one, one Redis, as behind a balancer. */
export async function startInstances(count: number, settings: Record<string, string> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-instances-'));
  const database = await openEmbeddedDatabase({ directory, tcpPort: 0 });
  const services: Awaited<ReturnType<typeof startTestService>>[] = [];
  for (let i = 0; i < count; i += 1) {
    services.push(await startTestService({ MONGO_URI: database.tcpUri ?? '', ...settings }));
  }
  return {
    databaseUri: database.tcpUri ?? '',
    urls: services.map(({ url }) => url),
    async [Symbol.asyncDispose]() {
      await Promise.all(services.map((service) => service.close()));
      await database.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
