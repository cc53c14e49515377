import { z } from 'zod';
import { objectOf, optionalNumber, optionalText, snakeKeys } from '../shapes';
import {
  type HmsAsset,
  type HmsBroadcastFilter,
  type HmsRecording,
  type HmsTranscription,
  hmsAsset,
  hmsRecording,
  queryOf,
  stoppedOf,
} from './broadcast-shapes';
import { type HmsVerbs, path } from './verbs';

const hmsPresigned = objectOf({
  id: z.string(),
  path: optionalText,
  url: z.string(),
  expiry: optionalNumber,
});

export interface NewHmsRecording {
  /** Needed where the template was made through the API: it has no page of its own to record. */
  readonly meetingUrl?: string;
  readonly resolution?: { readonly width: number; readonly height: number };
  readonly destination?: string;
  readonly audioOnly?: boolean;
  readonly transcription?: HmsTranscription;
}

/** "Recordings" of the 100ms documentation. Starting is not repeated where it may have begun. */
export class HmsRecordings {
  constructor(private readonly verbs: HmsVerbs) {}

  start(roomId: string, recording: NewHmsRecording = {}, signal?: AbortSignal): Promise<HmsRecording> {
    const body = snakeKeys(recording);
    return this.verbs.act({
      path: path`/recordings/room/${roomId}/start`,
      body,
      answer: hmsRecording,
      signal,
    });
  }

  /** All of the room. */
  stopRoom(
    roomId: string,
    signal?: AbortSignal,
  ): Promise<{ readonly stopped: readonly HmsRecording[]; readonly error?: string | undefined }> {
    const answer = stoppedOf(hmsRecording);
    return this.verbs.set({ path: path`/recordings/room/${roomId}/stop`, answer, signal });
  }

  pause(roomId: string, signal?: AbortSignal): Promise<HmsRecording> {
    return this.verbs.set({ path: path`/recordings/room/${roomId}/pause`, answer: hmsRecording, signal });
  }

  resume(roomId: string, signal?: AbortSignal): Promise<HmsRecording> {
    return this.verbs.set({ path: path`/recordings/room/${roomId}/resume`, answer: hmsRecording, signal });
  }

  stop(recordingId: string, signal?: AbortSignal): Promise<HmsRecording> {
    return this.verbs.set({ path: path`/recordings/${recordingId}/stop`, answer: hmsRecording, signal });
  }

  get(recordingId: string, signal?: AbortSignal): Promise<HmsRecording> {
    return this.verbs.get({ path: path`/recordings/${recordingId}`, answer: hmsRecording, signal });
  }

  list(filter: HmsBroadcastFilter = {}, signal?: AbortSignal): AsyncIterable<HmsRecording> {
    return this.verbs.list('/recordings', hmsRecording, { query: queryOf(filter), signal });
  }
}

/** "Recording assets" of the 100ms documentation: the files that recordings leave. */
export class HmsRecordingAssets {
  constructor(private readonly verbs: HmsVerbs) {}

  get(assetId: string, signal?: AbortSignal): Promise<HmsAsset> {
    return this.verbs.get({ path: path`/recording-assets/${assetId}`, answer: hmsAsset, signal });
  }

  list(filter: HmsBroadcastFilter = {}, signal?: AbortSignal): AsyncIterable<HmsAsset> {
    return this.verbs.list('/recording-assets', hmsAsset, { query: queryOf(filter), signal });
  }

  /**
   * An address from which its holder can fetch the file until it expires: treat it as a secret.
   *
   * @param seconds how long it is good; by default three days, nine hours on Alibaba's storage
   */
  presignedUrl(
    assetId: string,
    seconds?: number,
    signal?: AbortSignal,
  ): Promise<{ readonly url: string; readonly expiry?: number | undefined }> {
    const query = { presign_duration: seconds === undefined ? undefined : String(seconds) };
    const answer = hmsPresigned;
    return this.verbs.get({ path: path`/recording-assets/${assetId}/presigned-url`, query, answer, signal });
  }
}
