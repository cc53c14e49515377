import type * as access from '../../rooms/access/access.service';
import type { ParticipantAction, ParticipantUpdate } from '../../rooms/log/participant-update';
import type * as people from '../../rooms/participant.model';
import { Region, type Room } from '../../rooms/room.model';
import type { AccessToken, CreatedRoom, Participant, RoomSummary, Update } from './answers';

const small = <T extends string>(text: T): Lowercase<T> => text.toLowerCase() as Lowercase<T>;

export function presentCreated(room: Room): CreatedRoom {
  return {
    id: room.roomId,
    name: room.name,
    created_at: room.createdAt.toISOString(),
    description: room.description ?? '',
    enabled: room.enabled,
    template_id: room.templateId ?? null,
    region: small<`${Region}`>(room.region ?? Region.AUTO),
    app_id: room.appId,
    size: room.size,
    large_room: room.largeRoom,
    max_duration_seconds: room.maxDurationSeconds,
  };
}

export function presentRoom({ roomId, name, participantCount, createdAt }: Room): RoomSummary {
  return { roomId, name, participantCount, createdAt: createdAt.toISOString() };
}

export function presentToken({ token, expiresAt, userId, role }: access.AccessToken): AccessToken {
  return { token, expiresAt: expiresAt.toISOString(), userId, role };
}

export function presentParticipant(participant: people.Participant): Participant {
  const { _id, roomId, userId, name = null, role = null, status, joinedAt, leftAt } = participant;
  const { leftReason = null } = participant;
  return {
    id: _id,
    roomId,
    userId,
    name,
    role,
    status,
    joinedAt: joinedAt.toISOString(),
    leftAt: leftAt?.toISOString() ?? null,
    leftReason,
  };
}

export function presentUpdate(update: ParticipantUpdate): Update {
  const { participant, participants } = update;
  return {
    action: small<`${ParticipantAction}`>(update.action),
    roomId: update.roomId,
    userId: update.userId ?? null,
    participant: participant ? presentParticipant(participant) : null,
    participants: participants?.map(presentParticipant) ?? null,
    participantCount: update.participantCount,
    cursor: update.cursor,
    occurredAt: update.occurredAt.toISOString(),
    source: update.source ?? null,
    userPresent: update.userPresent ?? null,
    reason: update.reason ?? null,
    replayed: update.replayed,
  };
}
