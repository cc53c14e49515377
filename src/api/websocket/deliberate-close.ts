/** Close codes of a client that means to leave: done, page left, and a close without a code, as browsers send by default. */
const deliberate = [1000, 1001, 1005];

/** Whether a client that closed with this code left on purpose, rather than lost its connection. */
export function isDeliberate(code: number): boolean {
  return deliberate.includes(code);
}
