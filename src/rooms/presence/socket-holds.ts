import { type Device, deviceKey } from './device-rules';

/** What a socket held, and what follows from its letting go. */
export interface Hold {
  /** The participant that the device became; undefined where its join was never answered. */
  readonly participantId: string | undefined;
  /** Whether no other open socket of this process holds the same device. */
  readonly wasTheLast: boolean;
}

/** A device, and the participants that it became by socket. */
interface HeldDevice {
  readonly device: Device;
  readonly sockets: Map<string, string | undefined>;
}

/**
 * Which devices are held by open sockets of this process, and which participants they became. Several sockets may hold one
 * device: the old one dies late.
 */
export class SocketHolds {
  /** By room and key of the device. */
  private readonly rooms = new Map<string, Map<string, HeldDevice>>();

  /** Notes that a socket holds a device. Returns whether that is new. */
  add(roomId: string, device: Device): boolean {
    const held = this.rooms.get(roomId) ?? new Map<string, HeldDevice>();
    const key = deviceKey(device);
    const { sockets } = held.get(key) ?? { sockets: new Map<string, string | undefined>() };
    this.rooms.set(roomId, held.set(key, { device, sockets }));
    const isNew = !sockets.has(socketOf(device));
    if (isNew) sockets.set(socketOf(device), undefined);
    return isNew;
  }

  /** Notes which participant a device that is held became. */
  became(roomId: string, device: Device, participantId: string): void {
    this.rooms.get(roomId)?.get(deviceKey(device))?.sockets.set(socketOf(device), participantId);
  }

  /** The participant that the socket holds by a device; undefined where it holds none. */
  find(roomId: string, device: Device): string | undefined {
    return this.rooms.get(roomId)?.get(deviceKey(device))?.sockets.get(socketOf(device));
  }

  /** The socket holds the device no more. Undefined where it did not. Safe to repeat. */
  remove(roomId: string, device: Device): Hold | undefined {
    const held = this.rooms.get(roomId);
    const sockets = held?.get(deviceKey(device))?.sockets;
    if (!held || !sockets?.has(socketOf(device))) return undefined;
    const participantId = sockets.get(socketOf(device));
    sockets.delete(socketOf(device));
    const wasTheLast = sockets.size === 0;
    if (wasTheLast) held.delete(deviceKey(device));
    if (held.size === 0) this.rooms.delete(roomId);
    return { participantId, wasTheLast };
  }

  /** What is held, by room: keys of participants. */
  byRoom(): [string, string[]][] {
    return [...this.rooms].map(([roomId, held]) => [roomId, [...held.keys()]]);
  }

  /** Every device that is held. */
  devices(): { roomId: string; device: Device }[] {
    return [...this.rooms].flatMap(([roomId, held]) =>
      [...held.values()].map(({ device }) => ({ roomId, device })),
    );
  }
}

function socketOf({ socketId = '' }: Device): string {
  return socketId;
}
