import { snakeKeys } from '../shapes';
import {
  type HmsBroadcastFilter,
  type HmsExternalStream,
  hmsExternalStream,
  queryOf,
  stoppedOf,
} from './broadcast-shapes';
import { type HmsVerbs, path } from './verbs';

export interface NewHmsExternalStream {
  /** With the keys of the streams in them; three for certain, five by another page of the documentation. */
  readonly rtmpUrls: readonly string[];
  /** Needed where the template was made through the API. */
  readonly meetingUrl?: string;
  readonly recording?: boolean;
  /** 500 by 480 to 1920 by 1080. */
  readonly resolution?: { readonly width: number; readonly height: number };
  readonly destination?: string;
}

/** "External streams" of the 100ms documentation: RTMP. Starting is not repeated where it may have begun. */
export class HmsExternalStreams {
  constructor(private readonly verbs: HmsVerbs) {}

  start(roomId: string, stream: NewHmsExternalStream, signal?: AbortSignal): Promise<HmsExternalStream> {
    const asked = { path: path`/external-streams/room/${roomId}/start`, body: snakeKeys(stream) };
    return this.verbs.act({ ...asked, answer: hmsExternalStream, signal });
  }

  /** All of the room. */
  stopRoom(
    roomId: string,
    signal?: AbortSignal,
  ): Promise<{ readonly stopped: readonly HmsExternalStream[]; readonly error?: string | undefined }> {
    const answer = stoppedOf(hmsExternalStream);
    return this.verbs.set({ path: path`/external-streams/room/${roomId}/stop`, answer, signal });
  }

  stop(streamId: string, signal?: AbortSignal): Promise<HmsExternalStream> {
    const answer = hmsExternalStream;
    return this.verbs.set({ path: path`/external-streams/${streamId}/stop`, answer, signal });
  }

  get(streamId: string, signal?: AbortSignal): Promise<HmsExternalStream> {
    return this.verbs.get({ path: path`/external-streams/${streamId}`, answer: hmsExternalStream, signal });
  }

  list(filter: HmsBroadcastFilter = {}, signal?: AbortSignal): AsyncIterable<HmsExternalStream> {
    return this.verbs.list('/external-streams', hmsExternalStream, { query: queryOf(filter), signal });
  }
}
