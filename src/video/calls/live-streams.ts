import { snakeKeys } from '../shapes';
import {
  type HmsBroadcastFilter,
  type HmsLiveStream,
  type HmsTranscription,
  hmsLiveStream,
  queryOf,
  stoppedOf,
} from './broadcast-shapes';
import { type HmsVerbs, path } from './verbs';

export interface NewHmsLiveStream {
  /** Needed where the template was made through the API. */
  readonly meetingUrl?: string;
  readonly recording?: { readonly hlsVod?: boolean; readonly singleFilePerLayer?: boolean };
  readonly destination?: string;
  readonly transcription?: HmsTranscription;
}

/** "Live streams" of the 100ms documentation: HLS. Starting is not repeated where it may have begun. */
export class HmsLiveStreams {
  constructor(private readonly verbs: HmsVerbs) {}

  start(roomId: string, stream: NewHmsLiveStream = {}, signal?: AbortSignal): Promise<HmsLiveStream> {
    const asked = { path: path`/live-streams/room/${roomId}/start`, body: snakeKeys(stream) };
    return this.verbs.act({ ...asked, answer: hmsLiveStream, signal });
  }

  /** All of the room. */
  stopRoom(
    roomId: string,
    signal?: AbortSignal,
  ): Promise<{ readonly stopped: readonly HmsLiveStream[]; readonly error?: string | undefined }> {
    const answer = stoppedOf(hmsLiveStream);
    return this.verbs.set({ path: path`/live-streams/room/${roomId}/stop`, answer, signal });
  }

  stop(streamId: string, signal?: AbortSignal): Promise<HmsLiveStream> {
    return this.verbs.set({ path: path`/live-streams/${streamId}/stop`, answer: hmsLiveStream, signal });
  }

  get(streamId: string, signal?: AbortSignal): Promise<HmsLiveStream> {
    return this.verbs.get({ path: path`/live-streams/${streamId}`, answer: hmsLiveStream, signal });
  }

  list(filter: HmsBroadcastFilter = {}, signal?: AbortSignal): AsyncIterable<HmsLiveStream> {
    return this.verbs.list('/live-streams', hmsLiveStream, { query: queryOf(filter), signal });
  }

  pauseRecording(streamId: string, signal?: AbortSignal): Promise<HmsLiveStream> {
    const answer = hmsLiveStream;
    return this.verbs.set({ path: path`/live-streams/${streamId}/pause-recording`, answer, signal });
  }

  resumeRecording(streamId: string, signal?: AbortSignal): Promise<HmsLiveStream> {
    const answer = hmsLiveStream;
    return this.verbs.set({ path: path`/live-streams/${streamId}/resume-recording`, answer, signal });
  }

  /** @param metadata a payload of 100 characters at most, shown for so many seconds */
  sendTimedMetadata(
    streamId: string,
    metadata: { readonly payload: string; readonly duration: number },
    signal?: AbortSignal,
  ): Promise<HmsLiveStream> {
    const asked = { path: path`/live-streams/${streamId}/timed-metadata`, body: metadata };
    return this.verbs.act({ ...asked, answer: hmsLiveStream, signal });
  }
}
