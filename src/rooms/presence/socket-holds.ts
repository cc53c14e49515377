import { type Device, deviceKey } from './device-rules';

/** Which devices are held by open sockets of this process. Several sockets may hold one device: the old one dies late. */
export class SocketHolds {
  private readonly rooms = new Map<string, Map<string, Set<string>>>();

  add(roomId: string, device: Device): void {
    const held = this.rooms.get(roomId) ?? new Map<string, Set<string>>();
    const key = deviceKey(device);
    this.rooms.set(roomId, held.set(key, (held.get(key) ?? new Set()).add(device.socketId ?? '')));
  }

  /** The socket holds the device no more. Answers whether it did, and nobody else does. Safe to repeat. */
  remove(roomId: string, device: Device): boolean {
    const held = this.rooms.get(roomId);
    const sockets = held?.get(deviceKey(device));
    if (!held || !sockets?.delete(device.socketId ?? '') || sockets.size > 0) return false;
    held.delete(deviceKey(device));
    if (held.size === 0) this.rooms.delete(roomId);
    return true;
  }

  /** What is held, by room: keys of participants. */
  byRoom(): [string, string[]][] {
    return [...this.rooms].map(([roomId, held]) => [roomId, [...held.keys()]]);
  }
}
