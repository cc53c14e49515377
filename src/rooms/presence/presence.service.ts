import { Types } from 'mongoose';
import type { Caller } from '../access/caller';
import type { AskEntryFacts } from '../access/entry-facts';
import type { Gatekeeper } from '../access/gatekeeper';
import { type Bar, barOfReport } from '../access/may-be-inside';
import type { AskTokenFacts } from '../access/token-facts';
import { isPresent, type Leave, type TokenFacts, unchanged } from '../log/participant-changes';
import { ParticipantAction, UpdateSource } from '../log/participant-update';
import type { RoomLog } from '../log/room-log';
import type { Models } from '../models';
import { LeftReason, type Participant } from '../participant.model';
import type { Removals } from '../removals/removals';
import {
  type JoinRoomInput,
  joinRoomInput,
  type LeaveRoomInput,
  leaveRoomInput,
  parseInput,
  type SocketDeviceInput,
  socketDeviceInput,
} from '../room.input';
import {
  type Device,
  type DeviceJoin,
  deviceJoined,
  deviceKey,
  deviceLeft,
  deviceLost,
  graceRanOut,
  leaseRanOut,
  type Presence,
} from './device-rules';
import { refuseTooMany, roomDisabled } from './refused-joins';
import { SocketHolds } from './socket-holds';

export interface PresenceParts {
  readonly models: Models;
  readonly gatekeeper: Gatekeeper;
  readonly log: RoomLog;
  readonly now: () => Date;
  /** How long a self-reported presence holds without being repeated. */
  readonly leaseSeconds: number;
  /** How long a participant counts as reconnecting after their connection was lost; 0 for not at all. */
  readonly graceSeconds: number;
  /** Whether sockets of the same device may be open in other processes. */
  readonly severalProcesses: boolean;
  readonly tokenFacts: AskTokenFacts;
  /** What this process is called where it holds a presence. */
  readonly processId: string;
  /** Devices of one user in one room that may report themselves. */
  readonly devicesPerUser: number;
  readonly entryFacts: AskEntryFacts;
  readonly removals: Pick<Removals, 'request'>;
}

/** Overdue presences that one sweep ends. */
const SWEEP_AT_MOST = 500;

/** Who comes and goes by their own word: through the API, with a lease to renew, or for as long as a socket is open. */
export class PresenceService {
  private readonly holds = new SocketHolds();

  constructor(private readonly parts: PresenceParts) {}

  /**
   * Says that a user is in the room with a device. Repeating it renews the lease. A removed user is removed again.
   *
   * @throws AppError BAD_USER_INPUT, UNAUTHENTICATED, ROOM_NOT_FOUND, FORBIDDEN; ROOM_DISABLED, and RATE_LIMITED with too many
   * devices, for a new join, while a renewal still holds
   */
  async join(input: JoinRoomInput, caller: Caller): Promise<Participant> {
    const { roomId, userId, deviceId, name } = parseInput(joinRoomInput, input);
    await this.parts.gatekeeper.admit(caller, 'joinRoom', { roomId, userId });
    return this.enter(roomId, { device: { userId, deviceId }, name, source: UpdateSource.API });
  }

  /**
   * Says that a user's device is no longer in the room. Null where it was not there.
   *
   * @throws AppError BAD_USER_INPUT, ROOM_NOT_FOUND
   */
  async leave(input: LeaveRoomInput, caller: Caller): Promise<Participant | null> {
    const { roomId, ...device } = parseInput(leaveRoomInput, input);
    await this.parts.gatekeeper.admit(caller, 'leaveRoom', { roomId, userId: device.userId });
    return this.exit(roomId, { device }, { source: UpdateSource.API, reason: LeftReason.LEFT });
  }

  /**
   * Says that a user is in the room for as long as a socket is open, or until the socket says otherwise: the socket
   * must be told of by `lost` or `end` when it is gone. Nothing needs to be renewed. Without `deviceId` the socket is
   * the device. A device that was lost and begins again within the grace is back (RECONNECTED, the same participant);
   * so is a socket that begins while another one of the same user without `deviceId` is lost.
   *
   * @throws AppError BAD_USER_INPUT, UNAUTHENTICATED, ROOM_NOT_FOUND, FORBIDDEN, ROOM_DISABLED, RATE_LIMITED
   */
  async begin(input: SocketDeviceInput, caller: Caller): Promise<Participant> {
    const { roomId, name, ...device } = parseInput(socketDeviceInput, input);
    const isNew = this.holds.add(roomId, device);
    try {
      await this.parts.gatekeeper.admit(caller, 'joinRoom', { roomId, userId: device.userId });
      await this.hold(roomId, device);
      const participant = await this.enter(roomId, { device, name, source: UpdateSource.SOCKET });
      this.holds.became(roomId, device, participant._id);
      return participant;
    } catch (error) {
      // What the socket held before, it still holds.
      if (isNew) this.holds.remove(roomId, device);
      throw error;
    }
  }

  /**
   * The socket was lost without a close frame. Its device counts as RECONNECTING for the grace, then has left; where the
   * grace is 0, at once. Null where it was not there any more, or another open socket holds the same device, here or in
   * another process: a client is often back before its old connection is known to be lost.
   *
   * @throws AppError BAD_USER_INPUT, ROOM_NOT_FOUND
   */
  async lost(input: SocketDeviceInput): Promise<Participant | null> {
    const { roomId, name: _, ...device } = parseInput(socketDeviceInput, input);
    const held = this.holds.remove(roomId, device);
    if (!held?.wasTheLast) return null;
    const { log, now, graceSeconds } = this.parts;
    const at = now();
    const graceUntil = new Date(at.getTime() + graceSeconds * 1_000);
    const loss = { at, graceUntil, source: UpdateSource.SOCKET };
    let isHeldElsewhere = false;
    return log.ask(roomId, {
      prepare: async () => {
        isHeldElsewhere = await this.isHeldElsewhere(roomId, device);
      },
      decide: (room) => (isHeldElsewhere ? unchanged(null) : deviceLost(room, { device, ...held }, loss)),
    });
  }

  /**
   * The device leaves at once: its socket said so, or was closed on purpose, or its user was removed. Null where it was not there any more: who came
   * in with the same device since then stays.
   *
   * @throws AppError BAD_USER_INPUT, ROOM_NOT_FOUND
   */
  async end(input: SocketDeviceInput, reason: LeftReason = LeftReason.LEFT): Promise<Participant | null> {
    const { roomId, name: _, ...device } = parseInput(socketDeviceInput, input);
    const participantId = this.holds.find(roomId, device);
    if (participantId === undefined) return null;
    const ended = await this.exit(roomId, { device, participantId }, { source: UpdateSource.SOCKET, reason });
    this.letGo(input, participantId);
    return ended;
  }

  /** The participant that a socket began has left by other means: the socket holds it no longer. Ends nothing. */
  letGo(input: SocketDeviceInput, participantId: string): void {
    const { roomId, name: _, ...device } = parseInput(socketDeviceInput, input);
    if (this.holds.find(roomId, device) === participantId) this.holds.remove(roomId, device);
  }

  /** Renews the leases of all devices whose socket is open. If this process dies, they are not renewed, and end. */
  async renewHeld(): Promise<void> {
    const { models, log } = this.parts;
    const leaseUntil = this.leaseEnd();
    await Promise.all(
      this.holds.byRoom().map(async ([roomId, keys]) => {
        const ids = await log.look(roomId, (room) =>
          keys.flatMap((key) => {
            const there = room.find(key);
            if (there?.leaseUntil === undefined) return [];
            there.leaseUntil = leaseUntil;
            return [there._id];
          }),
        );
        await log.folded(roomId);
        await models.participants.updateMany(
          { _id: { $in: ids }, leaseUntil: { $exists: true } },
          { $max: { leaseUntil } },
        );
      }),
    );
  }

  /**
   * Takes what open sockets of this process hold as present again: other processes took it for dead, and its devices for lost. What
   * has left in the meantime stays away, because its socket was told so.
   */
  async reassertHeld(): Promise<void> {
    await Promise.all(
      this.holds.devices().map(async ({ roomId, device }) => {
        const isThere = await this.parts.log.look(roomId, (room) => isPresent(room.find(deviceKey(device))));
        if (!isThere) return;
        await this.hold(roomId, device);
        await this.enter(roomId, { device, source: UpdateSource.SOCKET });
      }),
    );
  }

  /** Ends the presences whose lease or grace has run out, at most 500 of each. Answers with how many it looked at. */
  async endOverdue(): Promise<number> {
    const { models, log, now } = this.parts;
    await log.folded();
    const overdue = async (field: 'leaseUntil' | 'graceUntil', rule: typeof leaseRanOut) => {
      const found = await models.participants
        .find({ [field]: { $lte: now() } }, { roomId: 1, keys: 1 })
        .limit(SWEEP_AT_MOST)
        .lean();
      await Promise.all(
        found.map(({ roomId, keys }) =>
          log.ask(roomId, { decide: (room) => rule(room, keys.at(-1) ?? '', now()) }),
        ),
      );
      return found.length;
    };
    const looked = await Promise.all([
      overdue('leaseUntil', leaseRanOut),
      overdue('graceUntil', graceRanOut),
    ]);
    return looked.reduce((sum, count) => sum + count, 0);
  }

  /** Notes that a device which is there already is held by a socket of this process from now on. */
  private async hold(roomId: string, device: Device): Promise<void> {
    if (!this.parts.severalProcesses) return;
    const there = { roomId, keys: deviceKey(device), leftAt: { $exists: false } };
    await this.parts.models.participants.updateOne(there, { $set: { heldBy: this.parts.processId } });
  }

  private async isHeldElsewhere(roomId: string, device: Device): Promise<boolean> {
    if (!this.parts.severalProcesses) return false;
    const there = { roomId, keys: deviceKey(device), leftAt: { $exists: false } };
    const found = await this.parts.models.participants.findOne(there, { heldBy: 1 }).lean();
    return found?.heldBy !== undefined && found.heldBy !== this.parts.processId;
  }

  private leaseEnd(): Date {
    return new Date(this.parts.now().getTime() + this.parts.leaseSeconds * 1_000);
  }

  private async enter(
    roomId: string,
    join: Pick<DeviceJoin, 'device' | 'name' | 'source'>,
  ): Promise<Participant> {
    const { models, log, now, tokenFacts, entryFacts, removals } = this.parts;
    const user = { roomId, userId: join.device.userId };
    const newId = new Types.ObjectId().toHexString();
    const leaseUntil = this.leaseEnd();
    let isEnabled = false;
    let facts: TokenFacts = {};
    const holder = join.source === UpdateSource.SOCKET ? { heldBy: this.parts.processId } : undefined;
    let bar: Bar | undefined;
    const { participant, isRenewed } = await log.ask(roomId, {
      prepare: async () => {
        const [enabled, entry, minted] = await Promise.all([
          log.isEnabled(roomId),
          entryFacts(user),
          tokenFacts(user),
        ]);
        [isEnabled, facts, bar] = [enabled, minted, barOfReport(entry)];
      },
      decide: (room) => {
        room.enabled = isEnabled;
        const { changes, answer } = deviceJoined(room, { ...join, newId, now: now(), leaseUntil, facts });
        const isNew = changes[0]?.action === ParticipantAction.JOINED;
        if (isNew && !isEnabled) throw roomDisabled(roomId);
        if (isNew) refuseTooMany(room, join.device, this.parts.devicesPerUser);
        return {
          changes: changes.map((change) => ({ ...change, ...holder })),
          answer: { participant: answer, isRenewed: changes.length === 0 },
        };
      },
    });
    // A service reported them, or they were removed in the same moment.
    if (bar) await removals.request({ ...user, cause: bar });
    if (isRenewed) {
      await log.folded(roomId);
      await models.participants.updateOne(
        { _id: participant._id, leftAt: { $exists: false } },
        { $max: { leaseUntil }, ...(holder && { $set: holder }) },
      );
    }
    return participant;
  }

  private exit(roomId: string, whose: Presence, how: Omit<Leave, 'at'>): Promise<Participant | null> {
    const leave = { ...how, at: this.parts.now() };
    return this.parts.log.ask(roomId, { decide: (room) => deviceLeft(room, whose, leave) });
  }
}
