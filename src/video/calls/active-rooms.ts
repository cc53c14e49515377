import { z } from 'zod';
import { HmsError } from '../hms.error';
import { id, objectOf, optionalFlag, optionalText, texts, time } from '../shapes';
import { type HmsVerbs, path } from './verbs';

const hmsTrack = objectOf({
  id,
  stream_id: optionalText,
  mute: optionalFlag,
  /** `audio` or `video`. */
  type: optionalText,
  /** `regular` or `screen`. */
  source: optionalText,
  started_at: time,
});

const peerMembers = {
  name: optionalText,
  user_id: optionalText,
  metadata: optionalText,
  role: optionalText,
  joined_at: time,
};
const hmsPeer = objectOf({ id, ...peerMembers });
const hmsPeerWithTracks = objectOf({ id, ...peerMembers, tracks: z.record(z.string(), hmsTrack).catch({}) });

/** All peers by id. An entry that is not an object invalidates the response: a missing peer would look like a leave. */
const hmsPeers = z.object({ peers: z.record(id, z.looseObject({})) }).transform(({ peers }, context) =>
  Object.entries(peers).map(([peerId, peer]) => {
    const read = hmsPeer.safeParse({ ...peer, id: peerId });
    if (!read.success) context.addIssue({ code: 'custom', message: 'no peer' });
    return read.data as HmsPeer;
  }),
);

const hmsActiveRoom = objectOf({
  id,
  name: optionalText,
  customer_id: optionalText,
  session: objectOf({ id, created_at: time, peers: texts }),
});

const hmsMessage = z.object({ message: z.string() });

/** One device of one user in a running session. */
export type HmsPeer = z.infer<typeof hmsPeer>;
export type HmsPeerWithTracks = z.infer<typeof hmsPeerWithTracks>;
/** A room with at least one peer in it. */
export type HmsActiveRoom = z.infer<typeof hmsActiveRoom>;

/** The recipients: one peer, else one role, else all peers. */
export interface HmsRecipients {
  readonly peerId?: string | undefined;
  readonly role?: string | undefined;
}

/** Rooms with people in them: "Active rooms" of the 100ms documentation. */
export class HmsActiveRooms {
  constructor(private readonly verbs: HmsVerbs) {}

  /** Undefined for an empty room. */
  get(roomId: string, signal?: AbortSignal): Promise<HmsActiveRoom | undefined> {
    return unlessNotFound(
      this.verbs.get({ path: path`/active-rooms/${roomId}`, answer: hmsActiveRoom, signal }),
    );
  }

  /**
   * All peers in the room, in one response; undefined where 100ms itself says that no
   * session is running. Any other response, such as an empty object or a proxy's own 404, is thrown: it proves nothing.
   *
   * @throws HmsError
   */
  peers(
    roomId: string,
    filter: { readonly userId?: string; readonly role?: string } = {},
    signal?: AbortSignal,
  ): Promise<readonly HmsPeer[] | undefined> {
    const query = { user_id: filter.userId, role: filter.role };
    return unlessNotFound(
      this.verbs.get({ path: path`/active-rooms/${roomId}/peers`, query, answer: hmsPeers, signal }),
    );
  }

  /** Undefined where the peer is not there. */
  peer(roomId: string, peerId: string, signal?: AbortSignal): Promise<HmsPeerWithTracks | undefined> {
    const answer = hmsPeerWithTracks;
    return unlessNotFound(
      this.verbs.get({ path: path`/active-rooms/${roomId}/peers/${peerId}`, answer, signal }),
    );
  }

  /** A role that is not the peer's is a role change. `metadata` is JSON as text. Safe to repeat. */
  updatePeer(
    at: { readonly roomId: string; readonly peerId: string },
    changes: { readonly name?: string; readonly role?: string; readonly metadata?: string },
    signal?: AbortSignal,
  ): Promise<HmsPeerWithTracks> {
    return this.verbs.set({
      path: path`/active-rooms/${at.roomId}/peers/${at.peerId}`,
      body: changes,
      answer: hmsPeerWithTracks,
      signal,
    });
  }

  /** Not repeated where it may have been sent: people would read it twice. */
  async sendMessage(
    roomId: string,
    { message, type, peerId, role }: HmsRecipients & { readonly message: string; readonly type?: string },
    signal?: AbortSignal,
  ): Promise<void> {
    const body = { message, type, peer_id: peerId, role };
    const answer = hmsMessage;
    await this.verbs.act({ path: path`/active-rooms/${roomId}/send-message`, body, answer, signal });
  }

  /**
   * Removes one peer, or all peers of a role (one of both must be given); 100ms does so soon after, and shows them
   * `reason`. False where
   * no peer matched.
   */
  async removePeers(
    roomId: string,
    { peerId, role, reason }: HmsRecipients & { readonly reason?: string | undefined },
    signal?: AbortSignal,
  ): Promise<boolean> {
    const body = { peer_id: peerId, role, reason };
    const asked = { path: path`/active-rooms/${roomId}/remove-peers`, body, answer: hmsMessage, signal };
    return (await unlessNotFound(this.verbs.set(asked))) !== undefined;
  }

  /**
   * Ends the session for all peers; 100ms does so soon after. `lock` also disables the room. False where no session
   * was running: nothing was ended then, nor, for all that is documented, locked.
   */
  async end(
    roomId: string,
    { reason, lock }: { readonly reason?: string | undefined; readonly lock?: boolean | undefined } = {},
    signal?: AbortSignal,
  ): Promise<boolean> {
    const body = { reason, lock };
    const asked = { path: path`/active-rooms/${roomId}/end-room`, body, answer: hmsMessage, signal };
    return (await unlessNotFound(this.verbs.set(asked))) !== undefined;
  }
}

async function unlessNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof HmsError && error.isDefiniteNotFound) return undefined;
    throw error;
  }
}
