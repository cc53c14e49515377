import { id, objectOf } from '../shapes';
import { type HmsVerbs, path } from './verbs';

const hmsSip = objectOf({ id });

/** In milliseconds: 100ms answers when the phone was picked up, or was not. */
const RINGS_FOR = 60_000;

/** Access to a telephone provider. */
export interface HmsSipTrunk {
  readonly username: string;
  readonly password: string;
  /** Such as `name.pstn.twilio.com`. */
  readonly address: string;
  /** The number that is shown to the person called. */
  readonly from: string;
}

export interface HmsSipCall {
  /** A number, or another address that the provider understands. */
  readonly to: string;
  /** A code of the room and the role that the person called receives. */
  readonly roomCode: string;
  readonly trunkId: string;
  /** As a peer of the room. */
  readonly name?: string;
  readonly userId?: string;
  readonly video?: boolean;
  /** SIP headers, such as `x-language-id`, that go with the call. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** "SIP outbound" of the 100ms documentation, which 100ms opens to an account when it is asked to. */
export class HmsSip {
  constructor(private readonly verbs: HmsVerbs) {}

  createTrunk(trunk: HmsSipTrunk, signal?: AbortSignal): Promise<{ readonly id: string }> {
    return this.verbs.act({ path: '/sip/outbound/trunks', body: trunk, answer: hmsSip, signal });
  }

  updateTrunk(trunkId: string, trunk: HmsSipTrunk, signal?: AbortSignal): Promise<{ readonly id: string }> {
    const asked = { path: path`/sip/outbound/trunks/${trunkId}`, body: trunk };
    return this.verbs.set({ ...asked, answer: hmsSip, signal });
  }

  /**
   * Calls a phone. Resolves when the call was answered or declined, with the id of the call; waits up to a minute,
   * and is not repeated where the phone may have rung.
   */
  call(
    { to, roomCode, trunkId, name, userId, video, headers }: HmsSipCall,
    signal?: AbortSignal,
  ): Promise<{ readonly id: string }> {
    const body = { to, name, user_id: userId, room_code: roomCode, trunk_id: trunkId, video, headers };
    const asked = { path: '/sip/outbound/call', body, within: RINGS_FOR };
    return this.verbs.act({ ...asked, answer: hmsSip, signal });
  }
}
