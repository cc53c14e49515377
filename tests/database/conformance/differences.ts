import type { Target } from '../targets';

/**
 * What the real engine of the tests leaves undone, and what it does instead: it is MongoDB's server code in a library,
 * without some of the services around it. On the engine these tests must fail, so that a difference that is gone
 * leaves this list and its row in docs/embedded-database.md.
 */
export const engineFails: ReadonlyMap<string, string> = new Map([
  ['removes documents whose time is over, and no others', 'does not run the removal by TTL indexes'],
  ['stores documents of 180 levels, and no deeper ones', 'stores documents of 200 levels'],
]);

/** Whether the server is the engine, and not a MongoDB server of one's own. */
export async function isEngine({ db }: Target): Promise<boolean> {
  const { modules } = await db.command({ buildInfo: 1 });
  return Array.isArray(modules) && modules.includes('embedded');
}
