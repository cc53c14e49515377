import { ApiError, badBody } from '../api-error';
import { asObject, type Body, optional } from '../body';
import type { Broadcast, BroadcastKind } from './broadcast';

/** Five by the page of the call, three by the overview. */
const MOST_RTMP_URLS = 5;

type Wanted = Pick<Broadcast, 'meeting_url' | 'destination' | 'own' | 'asset_types'>;

/** @throws ApiError 400 */
export function readBroadcastBody(body: unknown, kind: BroadcastKind, roomId: string): Wanted {
  const given = asObject(body);
  const common = {
    meeting_url: optional(given, 'meeting_url', 'string') || `https://sandbox.invalid/meeting/${roomId}`,
    destination: optional(given, 'destination', 'string') ?? '',
  };
  const transcribed = asObject(given['transcription'])['enabled'] === true ? ['transcript', 'summary'] : [];
  switch (kind) {
    case 'recordings':
      return { ...common, own: {}, asset_types: ['room-composite', 'chat', ...transcribed] };
    case 'live-streams': {
      const recording = asObject(given['recording']);
      const isRecorded = recording['hls_vod'] === true || recording['single_file_per_layer'] === true;
      const own = {
        playback: { url: `https://live.sandbox.invalid/${roomId}/master.m3u8` },
        recording: { hls_vod: false, single_file_per_layer: false, ...recording },
      };
      return { ...common, own, asset_types: isRecorded ? ['room-vod', ...transcribed] : [] };
    }
    case 'external-streams': {
      const recording = optional(given, 'recording', 'boolean') ?? false;
      const own = { rtmp_urls: rtmpUrlsOf(given), recording, resolution: resolutionOf(given) };
      return { ...common, own, asset_types: recording ? ['room-composite'] : [] };
    }
  }
}

function rtmpUrlsOf(given: Body): string[] {
  const urls = given['rtmp_urls'];
  const isGood = Array.isArray(urls) && urls.every((url) => /^rtmps?:\/\/\S+$/.test(String(url)));
  if (!isGood || urls.length === 0 || urls.length > MOST_RTMP_URLS) throw badBody('rtmp_urls');
  return urls;
}

function resolutionOf(given: Body): { width: number; height: number } {
  const { width = 1280, height = 720 } = asObject(given['resolution']);
  const fits = (side: unknown, least: number, most: number) =>
    typeof side === 'number' && side >= least && side <= most;
  // Upright streams have the two the other way round.
  if (!fits(width, 480, 1920) || !fits(height, 480, 1920)) throw badBody('resolution');
  return { width: width as number, height: height as number };
}

/** @throws ApiError 400 */
export function checkTimedMetadata(body: unknown): void {
  const given = asObject(body);
  const payload = optional(given, 'payload', 'string');
  const duration = optional(given, 'duration', 'number');
  if (!payload || payload.length > 100) throw badBody('payload');
  if (duration === undefined || duration <= 0) throw new ApiError(400, 'Invalid body param', ['duration']);
}
