import type { ErrorBody } from '../../errors';
import type { Meter } from '../../figures';
import type { Rooms } from '../../rooms';
import type { Caller } from '../../rooms/access/caller';
import type { Traces } from '../../spans';
import type { ServerFrame } from './frames';

/** All that a session needs of a socket. */
export interface FrameSocket {
  /** Resolves when the frame is on its way, or can no longer be: never rejects. */
  send(frame: ServerFrame): Promise<void>;
}

export interface SessionParts extends Pick<Rooms, 'feed' | 'presence'> {
  readonly caller: Caller;
  /** Unlike that of every other socket: the device of those who name none. */
  readonly socketId: string;
  readonly roomsAtMost: number;
  readonly meter: Meter;
  readonly describe: (error: unknown) => ErrorBody;
  readonly traces?: Traces | undefined;
}
