import {
  ParticipantAction,
  type ParticipantUpdate,
  SnapshotReason,
} from '../../rooms/log/participant-update';
import type { ServerFrame } from './frames';

/**
 * An update of devices as this door tells it: of users. Undefined for what it does not tell, which are the markers of a stream
 * that began as was asked.
 */
export function frameOf(update: ParticipantUpdate): ServerFrame | undefined {
  const { action, roomId, cursor, userId, reason, participants = [] } = update;
  switch (action) {
    case ParticipantAction.CAUGHT_UP:
      return undefined;
    case ParticipantAction.SNAPSHOT: {
      if (reason === undefined || reason === SnapshotReason.FIRST) return undefined;
      const users = [...new Set(participants.map((each) => each.userId))];
      return { event: 'snapshot', data: { roomId, users, cursor, reason } };
    }
    case ParticipantAction.ROOM_CLOSED:
      return { event: 'closed', data: { roomId, cursor } };
    default: {
      if (userId === undefined) return undefined;
      const at = update.occurredAt.toISOString();
      return { event: 'update', data: { roomId, userId, action: userAction(update), cursor, at } };
    }
  }
}

function userAction({ action, userWasPresent, userPresent }: ParticipantUpdate) {
  switch (action) {
    case ParticipantAction.JOINED:
      return userWasPresent ? 'updated' : 'joined';
    case ParticipantAction.LEFT:
      return userPresent ? 'updated' : 'left';
    case ParticipantAction.RECONNECTING:
      return 'reconnecting';
    case ParticipantAction.RECONNECTED:
      return 'reconnected';
    default:
      return 'updated';
  }
}
