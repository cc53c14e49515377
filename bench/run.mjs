/**
 * `npm run bench`: figures of Rollcall and of its peers from one run, and their ratios beside the goals. Medians of three;
 * `--quick` does each once and small, `--rounds=1` once and whole. `--only=rollcall,raw` names servers, `--rows=100` those rows whose name holds the text.
 * BENCH_MONGO_URI measures Rollcall on a MongoDB instead of its embedded database; BENCH_NODE_ARGS=--cpu-prof profiles it.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, isCurrent } from '../scripts/build.mjs';
import { fanOutRows, httpGoals, quickLoads } from './goals.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const options = Object.fromEntries(process.argv.slice(2).map((each) => each.replace(/^--/, '').split('=')));
const quick = 'quick' in options;
const rounds = quick ? 1 : Number(options.rounds ?? 3);

// The peers are installed here and nowhere else: users of the product never download them.
if (!readdirSync(here).includes('node_modules')) {
  process.stdout.write('installing the peers …\n');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: here,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}
if (!isCurrent()) await build();
const { Drivers, fanOut } = await import('./load.mjs');
const { httpLoad } = await import('./http-load.mjs');
const { servers, startServer } = await import('./processes.mjs');

const names = Object.keys(servers).filter((name) => !options.only || options.only.split(',').includes(name));
const rows = Object.entries(quick ? quickLoads : fanOutRows)
  .map(([row, value]) => [row, value.load ?? value])
  .filter(([row]) => !options.rows || row.includes(options.rows));
const withHttp = !options.rows || 'HTTP'.includes(options.rows);

const drivers = new Drivers();
/** row → server → one result for each round */
const results = new Map();
const keep = (row, name, result) => {
  if (!results.has(row)) results.set(row, new Map());
  const ofRow = results.get(row);
  ofRow.set(name, [...(ofRow.get(name) ?? []), result]);
};

/** A fresh process for each measurement: none inherits another's heap. */
async function onServer(name, measure) {
  const server = { ...(await startServer(name)), ...servers[name] };
  try {
    return await measure(server);
  } catch (error) {
    throw new Error(`${name} failed; the end of what it said: ${server.said().slice(-2_000)}`, {
      cause: error,
    });
  } finally {
    await server.stop();
  }
}

const began = Date.now();
for (let round = 0; round < rounds; round += 1) {
  for (const [row, load] of rows) {
    for (const name of names) {
      keep(row, name, await onServer(name, (server) => fanOut(server, drivers, load)));
    }
  }
  if (!withHttp) continue;
  for (const name of names.filter((each) => servers[each].graphql)) {
    keep('HTTP', name, await onServer(name, (server) => httpLoad(server, quick ? 400 : 3_000)));
  }
}
drivers.close();
report();

function median(row, name, figure) {
  const found = (results.get(row)?.get(name) ?? []).map((result) => result[figure]).sort((a, b) => a - b);
  return found[found.length >> 1];
}

function report() {
  const columns = [
    ['cpuPerDelivery', 'CPU µs/delivery'],
    ['deliveriesPerSecond', 'deliveries/s'],
    ['p50', 'to the last, p50 ms'],
    ['p99', 'p99 ms'],
    ['cpuPerSocket', 'CPU µs/socket opened'],
    ['memoryPerSocket', 'KiB/socket'],
  ];
  for (const [row, { rooms, watchers, events }] of rows) {
    print(row, columns, quick ? ` (here ${rooms} × ${watchers}, ${events} updates)` : '');
    goals(row, fanOutRows[row].goals);
  }
  if (withHttp) {
    print('HTTP', [
      ['rooms', 'rooms, CPU µs/request'],
      ['token', 'generateToken, CPU µs/request'],
    ]);
    goals('HTTP', httpGoals);
  }
  const how = quick ? 'one small round: a hint, not a measurement' : `medians of ${rounds} rounds`;
  process.stdout.write(`\n${how}; Node ${process.version}, ${Math.round((Date.now() - began) / 1_000)} s\n`);
}

function print(row, columns, note = '') {
  process.stdout.write(`\n${row}${note}\n`);
  process.stdout.write(
    `  ${''.padEnd(12)}${columns.map(([, title]) => title.padStart(title.length + 3)).join('')}\n`,
  );
  for (const name of names) {
    const cells = columns.map(([figure, title]) =>
      shown(median(row, name, figure)).padStart(title.length + 3),
    );
    process.stdout.write(`  ${name.padEnd(12)}${cells.join('')}\n`);
  }
}

function goals(row, list) {
  for (const { figure, peer, atMost, atLeast } of list) {
    const ratio = median(row, 'rollcall', figure) / median(row, peer, figure);
    if (!Number.isFinite(ratio)) continue;
    const reached = atMost === undefined ? ratio >= atLeast : ratio <= atMost;
    const goal = atMost === undefined ? `at least ${shown(atLeast)}` : `at most ${shown(atMost)}`;
    process.stdout.write(
      `  ${reached ? 'reached' : 'MISSED '}  ${figure} is ${shown(ratio)} of ${peer}; goal ${goal}\n`,
    );
  }
}

function shown(number) {
  if (!Number.isFinite(number)) return '–';
  return number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(3);
}
