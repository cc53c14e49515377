/** What `/analytics/events` can be asked for, as documented. */
export const analyticsTypes = [
  'track.add.success',
  'track.update.success',
  'track.remove.success',
  'beam.recording.success',
  'client.publish.failed',
  'client.subscribe.failed',
  'client.join.failed',
  'client.disconnected',
  'client.connect.failed',
] as const;

/** Something that happened to a track, a client or a recording. */
export interface AnalyticsEvent {
  readonly id: string;
  readonly version: '2.0';
  readonly timestamp: string;
  readonly type: (typeof analyticsTypes)[number];
  readonly data: Readonly<Record<string, unknown>> & { readonly room_id: string };
}
