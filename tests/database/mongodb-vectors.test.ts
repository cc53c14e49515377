import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type OpenDatabase, openTestDatabase } from '../helpers/embedded';

const vectors = join(__dirname, 'mongodb-vectors');
const files = readdirSync(vectors).filter((file) => file.endsWith('.ejson'));

let database: OpenDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

/** Runs the script as anybody would, against the embedded server. */
function replay(file: string): Promise<string> {
  const script = join(vectors, 'replay.mjs');
  const child = spawn(process.execPath, [script, database.uri, join(vectors, file)], { stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve, reject) => child.once('error', reject).once('close', () => resolve(output)));
}

it.each(files)("answers every case of %s as MongoDB's own code did", async (file) => {
  expect(await replay(file)).toMatch(/^[1-9]\d* passed, 0 failed\n$/);
});
