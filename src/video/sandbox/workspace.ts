import type { HmsKeys } from '../hms.tokens';
import { type Account, openAccount } from './account';
import { notFound } from './api-error';
import type { Asset, Broadcast } from './broadcasts/broadcast';
import { SandboxClock } from './clock';
import { Collection } from './collection';
import { Journal } from './journal';
import type { RoomCode } from './room-codes/room-code';
import type { Room } from './rooms/room';
import type { Peer, Session } from './sessions/session';
import { Settings } from './settings';
import { defaultTemplate, type Role, type Template } from './templates/template';
import type { Delivery } from './webhooks/delivery';
import type { Replay } from './webhooks/replay';

class Rooms extends Collection<Room> {
  /** Names are the same whatever the case of their letters. */
  named(name: string): Room | undefined {
    return this.group(name.toLowerCase())[0];
  }

  /** @throws ApiError 404 */
  wanted(id: string): Room {
    const found = this.get(id);
    if (!found) throw notFound('room');
    return found;
  }
}

class Templates extends Collection<Template> {
  /** A role by its name, letter case included; what every object has beside its own members is none. */
  role(templateId: string, name: string): Role | undefined {
    const roles = this.get(templateId)?.roles ?? {};
    return Object.hasOwn(roles, name) ? roles[name] : undefined;
  }

  default(): Template | undefined {
    return this.all().find(({ isDefault }) => isDefault);
  }
}

/** Everything that the account in the sandbox has. */
export interface Workspace {
  readonly clock: SandboxClock;
  readonly account: Account;
  readonly rooms: Rooms;
  readonly templates: Templates;
  /** Grouped by room. */
  readonly sessions: Collection<Session>;
  /** Grouped by session. */
  readonly peers: Collection<Peer>;
  /** Grouped by room. */
  readonly roomCodes: Collection<RoomCode>;
  /** Grouped by room. */
  readonly broadcasts: Collection<Broadcast>;
  /** Grouped by what they came of. */
  readonly assets: Collection<Asset>;
  readonly deliveries: Collection<Delivery>;
  readonly replays: Collection<Replay>;
  readonly settings: Settings;
  close(): void;
}

export interface WorkspaceOptions {
  /** Where it is kept. */
  readonly directory: string;
  readonly now: () => Date;
  /** Undefined: those of the last time, or new ones. */
  readonly keys?: HmsKeys | undefined;
}

export function openWorkspace({ directory, now, keys }: WorkspaceOptions): Workspace {
  const journal = new Journal(directory);
  const clock = new SandboxClock(now);
  const account = openAccount(journal, clock, keys);
  const templates = new Templates(journal, 'templates');
  if (!templates.default()) templates.put(defaultTemplate({ account, clock }));
  return {
    clock,
    account,
    templates,
    rooms: new Rooms(journal, 'rooms', ({ name }) => name.toLowerCase()),
    sessions: new Collection(journal, 'sessions', ({ room_id }) => room_id),
    peers: new Collection(journal, 'peers', ({ session_id }) => session_id),
    roomCodes: new Collection(journal, 'room-codes', ({ room_id }) => room_id),
    broadcasts: new Collection(journal, 'broadcasts', ({ room_id }) => room_id),
    assets: new Collection(journal, 'assets', ({ job_id }) => job_id),
    deliveries: new Collection(journal, 'deliveries'),
    replays: new Collection(journal, 'replays'),
    settings: new Settings(journal),
    close: () => journal.close(),
  };
}
