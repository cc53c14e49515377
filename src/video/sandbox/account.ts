import { randomBytes } from 'node:crypto';
import type { HmsKeys } from '../hms.tokens';
import type { SandboxClock } from './clock';
import { Collection } from './collection';
import type { Journal } from './journal';

/** The 100ms account that the sandbox plays: its keys, and the ids that every room of it repeats. */
export interface Account {
  readonly id: string;
  readonly keys: HmsKeys;
  readonly customerId: string;
  readonly appId: string;
}

/** The one of the last start, or a new one; `keys` replace what it had. */
export function openAccount(journal: Journal, clock: SandboxClock, keys: HmsKeys | undefined): Account {
  const accounts = new Collection<Account>(journal, 'account');
  const known = accounts.get('this');
  if (known && (keys === undefined || sameKeys(known.keys, keys))) return known;
  return accounts.put({
    id: 'this',
    customerId: known?.customerId ?? clock.objectId(),
    appId: known?.appId ?? clock.objectId(),
    keys: keys ?? newKeys(clock),
  });
}

function newKeys(clock: SandboxClock): HmsKeys {
  return { accessKey: clock.objectId(), secret: randomBytes(48).toString('base64url') };
}

function sameKeys(one: HmsKeys, other: HmsKeys): boolean {
  return one.accessKey === other.accessKey && one.secret === other.secret;
}
