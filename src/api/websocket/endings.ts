/** The ways in which the server ends a raw WebSocket: the code that the client sees, and what it should do. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

export const endings = {
  /** The door speaks JSON text; come back with that. */
  binaryFrame: { code: 1003, reason: 'Frames are JSON text here.' },
  /** Come back from the last cursor. */
  restarting: { code: 1012, reason: 'Server is restarting; come back with your last cursor.' },
} as const satisfies Record<string, Ending>;

/** Close codes of a client that means to go: done, page left, and a close without a code, as browsers send by default. */
const deliberate = [1000, 1001, 1005];

/** Whether whoever closed with this code went on purpose, rather than was lost. */
export function isDeliberate(code: number): boolean {
  return deliberate.includes(code);
}
