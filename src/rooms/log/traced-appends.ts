import type { Traces } from '../../spans';
import type { Append } from '../feed/wake-up';
import type { RoomEvent } from './room-event.model';

/** Who asked a question of a room, as far as traces go: the `traceparent` of what it was asked in. */
export interface Asker {
  readonly cause: string | undefined;
}

/**
 * Records entries that have just been committed as one span for each who asked for some, so that every trace has its own in it, though
 * all of them shared an insert. Answers with them as they are told to watchers; undefined where none is collected.
 *
 * @param askers who asked for each of the entries; those without are due to the last of them
 * @param began when the deciding began, by `performance.now()`
 */
export function traceAppends(
  traces: Traces,
  entries: readonly RoomEvent[],
  { askers, began }: { askers: readonly Asker[]; began: number },
): Append[] | undefined {
  const runs: { asker: Asker | undefined; entries: RoomEvent[] }[] = [];
  for (const [i, entry] of entries.entries()) {
    const asker = askers[i] ?? askers.at(-1);
    const run = runs.at(-1);
    if (run && run.asker === asker) run.entries.push(entry);
    else runs.push({ asker, entries: [entry] });
  }
  const appends = runs.map((run) => {
    const [first] = run.entries;
    const facts = {
      'rollcall.room_id': first?.roomId,
      'rollcall.seq': first?.seq,
      'rollcall.entries': run.entries.length,
      'rollcall.source': first?.source,
    };
    const start = { name: 'log append', kind: 'producer', cause: run.asker?.cause, facts } as const;
    return { traceparent: traces.ended(start, began), entries: run.entries };
  });
  return appends.some(({ traceparent }) => traceparent !== undefined) ? appends : undefined;
}
