import { setTimeout as pause } from 'node:timers/promises';
import type { HttpConnections } from './http-connections';

/** A door whose visitors stay: sockets, streams, polls that wait. */
export interface LastingDoor {
  /** From now on no connection becomes long-lived. Each of these asks one that is to reconnect elsewhere. */
  goodbyes(): readonly (() => void)[];
  /** Resolves when all are gone, and what they brought in is taken care of. */
  gone(): Promise<unknown>;
  /** Cuts off who is still there. */
  cut(): void;
}

export interface DrainSettings {
  /** For which requests are still served after `/readyz` has said that this process goes: until balancers have noticed. */
  readonly graceSeconds: number;
  /** Over which those who stay are asked to come back elsewhere, so that they do not all come at once. */
  readonly spreadSeconds: number;
}

/**
 * - `serving`: everything as usual
 * - `leaving`: `/readyz` says no, every answer is the last on its connection, and everything is still served
 * - `closing`: no new connections; open ones are asked to reconnect elsewhere, then cut
 */
export type DrainPhase = (typeof phases)[number];
export const phases = ['serving', 'leaving', 'closing'] as const;

/** How many reconnects a second are no burden to other instances: with few connections the spread is shorter than allowed. */
const NO_BURDEN = 500;
/** Who was asked to go and has not by then is cut off; so are requests that are not answered so long after the grace. In milliseconds. */
const GO_WITHIN = 2_000;
const ANSWER_WITHIN = 5_000;

/**
 * The way out, on which no request fails and no stream ends: balancers are told first, sockets and streams are cut from this side
 * with a request to reconnect, requests are answered, and connections that stay are cut in time. In all it takes the grace and
 * `ANSWER_WITHIN` at most, no matter what clients do.
 */
export class Drain {
  phase: DrainPhase = 'serving';

  constructor(
    private readonly connections: HttpConnections,
    private readonly doors: readonly LastingDoor[],
    private readonly settings: DrainSettings,
  ) {}

  /** Tells that this process goes, and serves on for the grace. */
  async leave(): Promise<void> {
    if (this.phase !== 'serving') return;
    this.phase = 'leaving';
    this.connections.answerLast();
    await pause(this.settings.graceSeconds * 1_000);
  }

  /** Refuses what is new, sends who is there away to come back, and finishes what is under way. */
  async close(): Promise<void> {
    this.phase = 'closing';
    const { connections, doors } = this;
    connections.answerLast();
    await connections.stopListening();
    const timers = [setTimeout(() => this.cut(), ANSWER_WITHIN)];
    const goodbyes = doors.flatMap((door) => door.goodbyes());
    await sayEvenly(goodbyes, Math.min(this.settings.spreadSeconds, goodbyes.length / NO_BURDEN));
    timers.push(setTimeout(() => this.cutDoors(), GO_WITHIN));
    await Promise.all(doors.map((door) => door.gone()));
    await connections.hangUp();
    for (const timer of timers) clearTimeout(timer);
  }

  private cut(): void {
    this.cutDoors();
    this.connections.cut();
  }

  private cutDoors(): void {
    for (const door of this.doors) door.cut();
  }
}

/** Says each of them, at an even pace over so many seconds. */
async function sayEvenly(goodbyes: readonly (() => void)[], seconds: number): Promise<void> {
  const began = performance.now();
  let said = 0;
  while (said < goodbyes.length) {
    const part = seconds === 0 ? 1 : (performance.now() - began) / 1_000 / seconds;
    const due = Math.ceil(goodbyes.length * Math.min(1, part));
    for (; said < due; said += 1) goodbyes[said]?.();
    if (said < goodbyes.length) await pause(PACE);
  }
}

/** In milliseconds. */
const PACE = 10;
