import type { HmsKeys } from '../hms.tokens';
import { type Account, openAccount } from './account';
import type { AnalyticsEvent } from './analytics/analytics-event';
import { ApiError, notFound } from './api-error';
import type { Asset, Broadcast } from './broadcasts/broadcast';
import { SandboxClock } from './clock';
import { Collection } from './collection';
import { lockDirectory } from './directory-lock';
import { Journal } from './journal';
import type { Poll, PollResponse, PollSession } from './polls/poll';
import type { RoomCode } from './room-codes/room-code';
import type { Room } from './rooms/room';
import type { Peer, Session } from './sessions/session';
import { Settings } from './settings';
import type { Trunk } from './sip/trunk';
import type { StreamKey } from './stream-keys/stream-key';
import { defaultTemplate, type Role, type Template } from './templates/template';
import type { Delivery } from './webhooks/delivery';
import type { Replay } from './webhooks/replay';

class Rooms extends Collection<Room> {
  /** Names are case-insensitive. */
  named(name: string): Room | undefined {
    return this.group(name.toLowerCase())[0];
  }

  /** @throws ApiError 404 */
  wanted(id: string): Room {
    const found = this.get(id);
    if (!found) throw notFound('room');
    return found;
  }

  /** In the words of the pages about codes and keys. @throws ApiError 404, 403 where it is disabled */
  openWanted(id: string): Room {
    const found = this.get(id);
    if (!found) throw new ApiError(404, 'Room not found');
    if (!found.enabled) throw new ApiError(403, 'Room is disabled');
    return found;
  }
}

class Templates extends Collection<Template> {
  /** A role by its case-sensitive name. Inherited properties of objects are not roles. */
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
  /** Grouped by room. */
  readonly streamKeys: Collection<StreamKey>;
  readonly polls: Collection<Poll>;
  /** Both grouped by poll. */
  readonly pollSessions: Collection<PollSession>;
  readonly pollResponses: Collection<PollResponse>;
  readonly trunks: Collection<Trunk>;
  /** Grouped by room. */
  readonly analytics: Collection<AnalyticsEvent>;
  readonly deliveries: Collection<Delivery>;
  readonly replays: Collection<Replay>;
  readonly settings: Settings;
  /** Whether all of it is on disk; asking writes what is not, where the disk takes it again. */
  readonly isKept: () => boolean;
  close(): void;
}

export interface WorkspaceOptions {
  /** Where it is kept. */
  readonly directory: string;
  readonly now: () => Date;
  /** Undefined: those of the last time, or new ones. */
  readonly keys?: HmsKeys | undefined;
  /** Called when the disk can no longer be written. */
  readonly report: (error: unknown) => void;
}

/** @throws Error where another process has the directory, and what the disk says where it cannot be written */
export function openWorkspace({ directory, now, keys, report }: WorkspaceOptions): Workspace {
  const unlock = lockDirectory(directory);
  const journal = openJournal(directory, report, unlock);
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
    streamKeys: new Collection(journal, 'stream-keys', ({ room_id }) => room_id),
    polls: new Collection(journal, 'polls'),
    pollSessions: new Collection(journal, 'poll-sessions', ({ poll_id }) => poll_id),
    pollResponses: new Collection(journal, 'poll-responses', ({ poll_id }) => poll_id),
    trunks: new Collection(journal, 'sip-trunks'),
    analytics: new Collection(journal, 'analytics', ({ data }) => data.room_id),
    deliveries: new Collection(journal, 'deliveries'),
    replays: new Collection(journal, 'replays'),
    settings: new Settings(journal),
    isKept: () => journal.isKept(),
    close: () => {
      journal.close();
      unlock();
    },
  };
}

function openJournal(directory: string, report: (error: unknown) => void, unlock: () => void): Journal {
  try {
    return new Journal(directory, report);
  } catch (error) {
    unlock();
    throw error;
  }
}
