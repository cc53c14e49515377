/**
 * `npm run soak -- --minutes 10`: people come and go by every door of a real process, in every way, and nothing of them may
 * stay: when they have gone, handles, listeners, file descriptors, connections and watched rooms are those of before, and so are
 * the objects on the heap of each thread. Fails where they are not. Linux only.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { build, isCurrent } from './build.mjs';
import { Guests } from './soak/guests.mjs';
import { Inspected } from './soak/inspected.mjs';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, and is "${values.minutes}".`);

/** Caches fill in the first part of the time, at most so many seconds; it does not count. */
const WARM_UP = Math.min(60, minutes * 60 * 0.25);
/** For what was open to be let go of, in seconds: the grace of those who were lost, and then some. */
const GONE_WITHIN = 30;
/** By how much more there may be of what grows to a bound, by how its name begins. */
const MORE_ALLOWED = {
  // The pool of connections to the database (pipes, to the embedded one, with both ends in this process) is as large as what was
  // ever asked at once.
  PipeWrap: 10,
  'file descriptors': 20,
  // Whom the warm-up left out in the caches of users in rooms is some tens of KB: this is half a byte for each change of an hour.
  'bytes of objects': 262_144,
  // Of what may be compiled, little is during the warm-up.
  'bytes of code': 8_388_608,
};

const say = (text) => process.stdout.write(`${text}\n`);

if (!isCurrent()) await build();
const directory = mkdtempSync(join(tmpdir(), 'rollcall-soak-'));
const env = { ...process.env, PORT: '0', DATA_DIR: directory, LOG_LEVEL: 'fatal', RECONCILE_SECONDS: '0' };
const service = spawn(
  process.execPath,
  ['--inspect=127.0.0.1:0', new URL('../dist/main.js', import.meta.url).pathname],
  {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  },
);
const ended = new Promise((resolve) => service.once('exit', (code, signal) => resolve(code ?? signal)));
const failures = [];
try {
  const said = await heard(service);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)[0];
  const inspected = await Inspected.open(/ws:\/\/127\.0\.0\.1:\d+\/\S+/.exec(said)[0], service.pid);
  const guests = new Guests(url);
  await guests.createRooms();

  guests.come();
  await pause(WARM_UP * 1_000);
  await guests.go();
  const before = await settled(inspected, url);
  Object.assign(before, await inspected.held());

  guests.come();
  await pause(minutes * 60_000);
  await guests.go();
  const after = await settled(inspected, url, before);
  Object.assign(after, await inspected.held());
  inspected.close();

  say(
    `${minutes} minutes, ${guests.done.changes} changes, ${guests.done.connections} connections, ${guests.done.told} updates told`,
  );
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[name] ?? 0, after[name] ?? 0];
    say(`${name}: ${was} before, ${is} after`);
    if (is > was + moreAllowed(name)) failures.push(`${name}: ${is}, before it were ${was}.`);
  }
} finally {
  service.kill('SIGTERM');
  const status = await ended;
  if (status !== 0) failures.push(`It ended with ${status}.`);
  rmSync(directory, { recursive: true, force: true });
}
for (const failure of failures) process.stderr.write(`${failure}\n`);
say(failures.length === 0 ? 'Nothing stayed.' : 'Something stayed: see above.');
process.exitCode = failures.length === 0 ? 0 : 1;

/** All that it says until it is ready. */
function heard(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (piece) => {
      text += piece;
      if (/^ready$/m.test(text)) resolve(text);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.once('exit', () => reject(new Error(`It ended before it was ready:\n${text}`)));
  });
}

function moreAllowed(name) {
  return Object.entries(MORE_ALLOWED).find(([beginning]) => name.startsWith(beginning))?.[1] ?? 0;
}

/** What it holds once all clients have gone: the first that is no more than `goal`, or the last within the time. */
async function settled(inspected, url, goal) {
  for (const giveUpAt = Date.now() + GONE_WITHIN * 1_000; ; ) {
    await pause(1_000);
    // In this order: the connection that asks for the gauges would be among what is held.
    const holdings = { ...(await inspected.holdings()), ...(await gauges(url)) };
    const isOpen = Object.entries(holdings).some(
      ([name, count]) => count > (goal?.[name] ?? (isOfGuests(name) ? 0 : Infinity)),
    );
    if (!isOpen || Date.now() > giveUpAt) return holdings;
  }
}

/** What is 0 when all clients have gone, their idle connections for requests included. */
function isOfGuests(name) {
  return /^(open_connections|watched_rooms|TCPSocketWrap)/.test(name);
}

async function gauges(url) {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
  const lines = text.split('\n').filter(isOfGuests);
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}
