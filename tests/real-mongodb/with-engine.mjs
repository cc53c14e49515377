/**
 * Runs a command with a real MongoDB beside it: `with-engine.mjs npm run bench -- --quick`. The command finds its address
 * in TEST_MONGO_URI and BENCH_MONGO_URI; the engine ends with it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [program, ...args] = process.argv.slice(2);
if (!program) {
  process.stderr.write('usage: node tests/real-mongodb/with-engine.mjs COMMAND [ARGUMENT …]\n');
  process.exit(2);
}
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'rollcall-tests');
const directory = mkdtempSync(join(tmpdir(), 'rollcall-mongodb-'));
const engine = spawn(join(cache, 'mongodb-engine-0.1.1', 'start'), [directory], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
engine.once('error', () => {
  process.stderr.write('The MongoDB engine is not installed. Run: node tests/real-mongodb/install.mjs\n');
  process.exit(1);
});
const [uri] = await once(createInterface({ input: engine.stdout }), 'line');
const env = { ...process.env, TEST_MONGO_URI: uri, BENCH_MONGO_URI: uri };
const command = spawn(program, args, { stdio: 'inherit', env });
const [code] = await once(command, 'close');
engine.stdin.end();
await once(engine, 'close');
rmSync(directory, { recursive: true, force: true });
process.exitCode = code ?? 1;
