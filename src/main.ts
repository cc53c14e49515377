import 'reflect-metadata';
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type RunningService, startService } from './app';
import { readConfig } from './config';
import { keepHeapSmall } from './heap';
import { standardError } from './observability/standard-error';

/** Within the 10 s after which a supervisor kills the process, with a second to spare. */
const DRAIN_WITHIN_MS = 9_000;
/** Longer than npm needs to pass a signal on, shorter than a user needs to press again. */
const SAME_KEYPRESS_MS = 100;

let service: RunningService | undefined;
let isStopping = false;
let stopAskedAt = 0;

/** Ends the process, after what is under way: `code` where that worked, 1 where it did not. */
async function stop(code: 0 | 1): Promise<void> {
  isStopping = true;
  const late = setTimeout(() => {
    say(`Not everything was drained within ${DRAIN_WITHIN_MS / 1_000} s.`);
    process.exit(1);
  }, DRAIN_WITHIN_MS);
  try {
    await service?.leave();
    await service?.close();
  } catch (error) {
    say(`While stopping: ${stackOf(error)}`);
    process.exit(1);
  }
  clearTimeout(late);
  process.exit(code);
}

function onSignal(signal: NodeJS.Signals): void {
  // One Ctrl-C under npm arrives twice: from the terminal, and from npm, which passes on its own.
  if (isStopping && signal === 'SIGINT' && performance.now() - stopAskedAt < SAME_KEYPRESS_MS) return;
  // A second signal ends the process at once.
  if (isStopping) process.exit(1);
  stopAskedAt = performance.now();
  void stop(0);
}

function onBug(error: unknown): void {
  say(`A mistake in Rollcall itself: ${stackOf(error)}`);
  // After a bug nothing is certain, but those connected are told; a second one ends it.
  if (isStopping) process.exit(1);
  void stop(1);
}

async function main(): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal);
  process.on('uncaughtException', onBug).on('unhandledRejection', onBug);
  try {
    // What is in the environment already goes before the file.
    const namesInFile = existsSync('.env') ? Object.keys(parseEnv(readFileSync('.env', 'utf8'))) : [];
    if (namesInFile.length > 0) process.loadEnvFile('.env');
    const config = readConfig(process.env, process.cwd(), namesInFile);
    service = await startService(config);
    keepHeapSmall();
    for (const line of [...service.banner, ...config.warnings]) process.stdout.write(`${line}\n`);
    process.stdout.write('ready\n');
  } catch (error) {
    say(isExpected(error) ? error.message : stackOf(error));
    process.exit(1);
  }
}

const classesOfBugs: readonly unknown[] = [Error, TypeError, RangeError, ReferenceError, SyntaxError];

/** A failure with a class of its own, or from the system, was foreseen: its message says it all, a stack would hide it. */
function isExpected(error: unknown): error is Error {
  return error instanceof Error && (!classesOfBugs.includes(error.constructor) || 'syscall' in error);
}

function say(text: string): void {
  standardError().writeAlways(`${text}\n`);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

void main();
