import { randomUUID } from 'node:crypto';
import type { Role } from '../templates/template';
import type { Track } from './session';

/** What a peer of this role sends from the start: one audio and one video track, where the role may, both muted. */
export function publishedTracks(role: Role | undefined, at: string): Readonly<Record<string, Track>> {
  const { allowed = [] } = (role?.publishParams ?? {}) as { allowed?: string[] };
  const stream_id = randomUUID();
  const tracks = (['audio', 'video'] as const)
    .filter((type) => allowed.includes(type))
    .map(
      (type): Track => ({
        id: randomUUID(),
        stream_id,
        mute: true,
        type,
        source: 'regular',
        started_at: at,
        description: '',
      }),
    );
  return Object.fromEntries(tracks.map((track) => [track.id, track]));
}
