import { z } from 'zod';
import { id, objectOf, optionalNumber, optionalText, texts, time } from '../shapes';

// What recordings, live streams and external streams have in common.

const resolution = objectOf({ width: z.number(), height: z.number() });

export const hmsAsset = objectOf({
  id,
  job_id: optionalText,
  room_id: optionalText,
  session_id: optionalText,
  /** room-composite, room-composite-legacy, room-vod, chat, transcript, summary, track or stream. */
  type: optionalText,
  path: optionalText,
  status: optionalText,
  /** In seconds, and in bytes. */
  duration: optionalNumber,
  size: optionalNumber,
  created_at: time,
  metadata: z.record(z.string(), z.unknown()).catch({}),
});
/** A file that came of a recording. 100ms's own storage keeps it for 15 days. */
export type HmsAsset = z.infer<typeof hmsAsset>;

const assets = z
  .array(hmsAsset)
  .nullish()
  .transform((found) => found ?? [])
  .catch([]);

const broadcastMembers = {
  id,
  room_id: optionalText,
  session_id: optionalText,
  status: z.string(),
  meeting_url: optionalText,
  destination: optionalText,
  created_at: time,
  started_at: time,
  updated_at: time,
  stopped_at: time,
  /** The peer that did; undefined where it was a server. */
  started_by: optionalText,
  stopped_by: optionalText,
  recording_assets: assets,
};

export const hmsRecording = objectOf({ ...broadcastMembers, asset_types: texts });
/** `status` is starting, running, stopping, post_processing, completed or failed. Lists leave out the assets. */
export type HmsRecording = z.infer<typeof hmsRecording>;

export const hmsLiveStream = objectOf({
  ...broadcastMembers,
  playback: objectOf({ url: optionalText }).optional().catch(undefined),
});
/** An HLS stream, with where it can be watched in `playback.url`. */
export type HmsLiveStream = z.infer<typeof hmsLiveStream>;

/** Where it is sent to is left out: such addresses hold the key of the stream. */
export const hmsExternalStream = objectOf({
  ...broadcastMembers,
  recording: z.boolean().optional().catch(undefined),
  resolution: resolution.optional().catch(undefined),
});
/** A stream to other services by RTMP. */
export type HmsExternalStream = z.infer<typeof hmsExternalStream>;

/** What stopping all of a room's answers; the error is 100ms's word on those that did not stop. */
export function stoppedOf<T extends z.ZodType>(item: T) {
  return z
    .object({
      data: z
        .array(item)
        .nullish()
        .transform((items) => items ?? []),
      error: optionalText,
    })
    .transform(({ data, error }) => ({ stopped: data, error }));
}

/** What a list can be narrowed to. */
export interface HmsBroadcastFilter {
  readonly roomId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly status?: string | undefined;
}

export function queryOf({ roomId, sessionId, status }: HmsBroadcastFilter) {
  return { room_id: roomId, session_id: sessionId, status };
}

export interface HmsTranscription {
  readonly enabled: boolean;
  readonly outputModes?: readonly ('txt' | 'srt' | 'json')[];
  readonly customVocabulary?: readonly string[];
  readonly summary?: {
    readonly enabled: boolean;
    /** 300 characters at most. */
    readonly context?: string;
    /** Six at most, with titles of 100 characters at most. */
    readonly sections?: readonly { readonly title: string; readonly format: 'bullets' | 'paragraph' }[];
    /** 0.1 to 1. */
    readonly temperature?: number;
  };
}
