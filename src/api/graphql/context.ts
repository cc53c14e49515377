import type { Rooms } from '../../rooms';
import type { Caller } from '../../rooms/access/caller';
import type { LiveRelay } from '../../rooms/feed/live-relay';

/** What every operation knows on every transport: the caller, the request id, and the services. */
export interface RequestContext
  extends Pick<
    Rooms,
    'rooms' | 'roomImport' | 'access' | 'invitations' | 'tokenAudit' | 'presence' | 'feed'
  > {
  readonly caller: Caller;
  readonly requestId: string;
  /** A faster way to tell this operation's updates, where its transport has one. */
  readonly relay?: LiveRelay;
}

export type MakeContext = (caller: Caller, requestId: string) => RequestContext;
