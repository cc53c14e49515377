/** The three things that can be made of what happens in a room; named as their paths are. */
export type BroadcastKind = 'recordings' | 'live-streams' | 'external-streams';

type BroadcastStatus = 'starting' | 'running' | 'stopping' | 'post_processing' | 'completed' | 'failed';

/** A recording or a stream, under way or over. */
export interface Broadcast {
  readonly id: string;
  readonly kind: BroadcastKind;
  readonly room_id: string;
  readonly session_id: string;
  readonly status: BroadcastStatus;
  readonly meeting_url: string;
  readonly destination: string;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly updated_at: string;
  readonly stopped_at: string | null;
  /** What only this kind has, as it is shown. */
  readonly own: Readonly<Record<string, unknown>>;
  /** Of the files that come of it. */
  readonly asset_types: readonly string[];
}

/** The description of a file. The file itself does not exist. */
export interface Asset {
  readonly id: string;
  readonly job_id: string;
  readonly room_id: string;
  readonly session_id: string;
  readonly type: string;
  readonly path: string;
  readonly status: 'completed';
  readonly duration: number;
  readonly size: number;
  readonly created_at: string;
  readonly thumbnails: null;
  readonly metadata: object;
}

const overStates: readonly BroadcastStatus[] = ['completed', 'failed'];

export function isUnderWay({ status }: Broadcast): boolean {
  return !overStates.includes(status);
}

/** As it is shown by itself; a list leaves the assets out. */
export function shownBroadcast(broadcast: Broadcast, assets: readonly Asset[] | undefined): object {
  const { kind, own, asset_types, ...common } = broadcast;
  return {
    ...common,
    started_by: '',
    stopped_by: '',
    ...own,
    ...(kind === 'recordings' ? { asset_types } : {}),
    ...(assets === undefined ? {} : { recording_assets: assets.length === 0 ? null : assets }),
  };
}
