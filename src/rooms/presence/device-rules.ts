import {
  given,
  hangsOn,
  isPresent,
  joined,
  type Leave,
  type Loss,
  left,
  lost,
  type Outcome,
  participantOf,
  returned,
  type TokenFacts,
  unchanged,
  updated,
} from '../log/participant-changes';
import { UpdateSource } from '../log/participant-update';
import type { RoomState } from '../log/room-state';
import { LeftReason, type Participant, ParticipantStatus } from '../participant.model';

/** A device that a client reports itself. One without an id is the socket that it speaks through. */
export interface Device {
  readonly userId: string;
  readonly deviceId?: string | undefined;
  readonly socketId?: string | undefined;
}

const socketPrefix = (userId: string) => `socket ${userId} `;

/** What a device's presence hangs on. */
export function deviceKey({ userId, deviceId, socketId = '' }: Device): string {
  return deviceId === undefined ? socketPrefix(userId) + socketId : `device ${userId} ${deviceId}`;
}

export interface DeviceJoin {
  readonly device: Device;
  /** The participant's id where it is a new one. */
  readonly newId: string;
  readonly now: Date;
  readonly leaseUntil: Date;
  /** What the client itself says, before what a token says. */
  readonly name?: string | undefined;
  readonly facts: TokenFacts;
  readonly source: UpdateSource;
}

/** A device says that its user is here. Said again it renews the lease; said after a loss it is a return. */
export function deviceJoined(room: RoomState, join: DeviceJoin): Outcome {
  const { device, newId, now: at, leaseUntil, name, facts, source } = join;
  const key = deviceKey(device);
  const there = room.find(key);
  const back = { at, source, key, leaseUntil, name };
  if (hangsOn(there, key)) {
    if (there.status === ParticipantStatus.RECONNECTING) return returned(there, back);
    // Not a change of the log: the lease is only read by the sweep, which asks in the same lane.
    if (!there.leaseUntil || there.leaseUntil < leaseUntil) there.leaseUntil = leaseUntil;
    const renamed = name !== undefined && name !== there.name;
    return renamed ? updated(there, { name }, { at, source }) : unchanged(there);
  }
  // A socket cannot come back. Another one of the same user is its return, the longest lost first.
  const lostSocket = device.deviceId === undefined && firstLost(room, socketPrefix(device.userId), device);
  if (lostSocket) return returned(lostSocket, back);
  const participant = participantOf({
    _id: newId,
    roomId: room.roomId,
    keys: [key],
    userId: device.userId,
    ...given({ ...facts, name: name ?? facts.name }),
    status: ParticipantStatus.ACTIVE,
    joinedAt: at,
    leaseUntil,
  });
  return joined(participant, source);
}

function firstLost(room: RoomState, prefix: string, { userId }: Device): Participant | undefined {
  return room.lost(userId).find(({ key }) => key.startsWith(prefix));
}

/** What a device leaves: all its presence, or only one participant, who may have left before. */
export interface Presence {
  readonly device: Device;
  readonly participantId?: string | undefined;
}

function presentAs(room: RoomState, { device, participantId }: Presence): Participant | undefined {
  const key = deviceKey(device);
  const there = room.find(key);
  const isMeant = participantId === undefined || there?._id === participantId;
  return isMeant && hangsOn(there, key) ? there : undefined;
}

/** A device says that it is gone. Null where it was not there. */
export function deviceLeft(room: RoomState, whose: Presence, leave: Leave): Outcome<Participant | null> {
  const there = presentAs(room, whose);
  return there ? left(there, leave) : unchanged(null);
}

/** A user is removed from the room: all their devices that reported themselves have left. Answers with how many. */
export function devicesLeft(
  room: RoomState,
  userId: string,
  { now, reason }: { now: Date; reason: LeftReason },
): Outcome<number> {
  const theirs = room.present().filter((each) => each.userId === userId && each.sessionId === undefined);
  const leave = { at: now, source: UpdateSource.API, reason };
  const changes = theirs.flatMap((each) => left(each, leave).changes);
  return { changes, answer: theirs.length };
}

/** The connection to a device was lost. Null where it was not there, or is lost already. */
export function deviceLost(room: RoomState, whose: Presence, loss: Loss): Outcome<Participant | null> {
  const there = presentAs(room, whose);
  return there ? holderDied(there, loss) : unchanged(null);
}

/** What held a presence is gone: its socket, or the process that had it. Null where it is not ACTIVE any more. */
export function holderDied(there: Participant, loss: Loss): Outcome<Participant | null> {
  if (there.status !== ParticipantStatus.ACTIVE) return unchanged(null);
  return loss.graceUntil > loss.at ? lost(there, loss) : left(there, { ...loss, reason: LeftReason.LOST });
}

/** A lease that has run out ends its presence, unless it was renewed in the meantime. */
export function leaseRanOut(room: RoomState, key: string, now: Date): Outcome<null> {
  const there = room.find(key);
  const isOver = isPresent(there) && there.leaseUntil !== undefined && there.leaseUntil <= now;
  const leave = { at: now, source: UpdateSource.API, reason: LeftReason.LEASE_EXPIRED };
  return { changes: isOver ? left(there, leave).changes : [], answer: null };
}

/** A grace that has run out without a return is a leave. */
export function graceRanOut(room: RoomState, key: string, now: Date): Outcome<null> {
  const there = room.find(key);
  const isOver = isPresent(there) && there.graceUntil !== undefined && there.graceUntil <= now;
  if (!isOver) return unchanged(null);
  const source = there.sessionId === undefined ? UpdateSource.SOCKET : UpdateSource.WEBHOOK;
  const leave = { at: there.graceUntil ?? now, source, reason: LeftReason.LOST };
  return { changes: left(there, leave).changes, answer: null };
}
