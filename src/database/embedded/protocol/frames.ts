import { ProtocolError } from './message';

/** What `hello` promises and every message has to keep, in bytes. */
export const LARGEST_MESSAGE = 48_000_000;
const HEADER = 16;

/**
 * Cuts a stream of bytes into messages, each of which begins with its own length. Pieces are joined once, when a
 * message is complete, so that a large one does not cost more the more pieces it comes in.
 */
export class Frames {
  private pieces: Buffer[] = [];
  private held = 0;

  /** @throws ProtocolError for a length that no message can have; the stream cannot be followed any further then. */
  *take(piece: Buffer): Generator<Buffer> {
    this.pieces.push(piece);
    this.held += piece.length;
    while (this.held >= 4) {
      const length = this.firstBytes(4).readInt32LE(0);
      if (length < HEADER || length > LARGEST_MESSAGE) {
        throw new ProtocolError(`a message cannot have ${length} bytes`);
      }
      if (this.held < length) return;
      const all = this.firstBytes(length);
      this.held -= length;
      this.pieces = this.held > 0 ? [all.subarray(length), ...this.pieces.slice(1)] : [];
      yield all.subarray(0, length);
    }
  }

  /** A buffer that holds at least the first `count` bytes, in place of the pieces it was made of. */
  private firstBytes(count: number): Buffer {
    const [first] = this.pieces;
    if (first && first.length >= count) return first;
    const all = Buffer.concat(this.pieces);
    this.pieces = [all];
    return all;
  }
}
