/** A line of a file with its number, from 1. */
export interface Line {
  number: number;
  bytes: Buffer;
  /** False only for what follows the last newline: a line that was not written to its end. */
  isWhole: boolean;
}

/** The lines of a stream, by newlines alone: other separators, such as U+2028, may be part of a text. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 0;
  let pending: Buffer[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      pending.push(chunk.subarray(start, end));
      number += 1;
      yield { number, bytes: Buffer.concat(pending), isWhole: true };
      pending = [];
      start = end + 1;
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
  }
  if (pending.length > 0) yield { number: number + 1, bytes: Buffer.concat(pending), isWhole: false };
}
