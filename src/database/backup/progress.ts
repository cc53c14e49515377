import { SingleBar } from 'cli-progress';

/** How far something is, for people. */
export interface Progress {
  /** @param done of `total`, which was given at the start. */
  at(done: number): void;
  end(): void;
}

export type StartProgress = (what: string, total: number) => Progress;

/** A bar that moves on a terminal; elsewhere a line for every tenth. */
export function progressOn(stream: NodeJS.WriteStream): StartProgress {
  return (what, total) => (stream.isTTY ? bar(stream, what, total) : lines(stream, what, total));
}

function bar(stream: NodeJS.WriteStream, what: string, total: number): Progress {
  const single = new SingleBar({
    stream,
    format: `${what} [{bar}] {percentage}% | {value} of {total} documents | {eta_formatted} left`,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    hideCursor: true,
    etaBuffer: 100,
  });
  single.start(total, 0);
  return { at: (done) => single.update(done), end: () => single.stop() };
}

function lines(stream: NodeJS.WriteStream, what: string, total: number): Progress {
  let told = 0;
  return {
    at: (done) => {
      const tenth = total === 0 ? 10 : Math.floor((done * 10) / total);
      if (tenth <= told) return;
      told = tenth;
      stream.write(`${what} ${Math.min(tenth * 10, 100)}% (${done} of ${total} documents)\n`);
    },
    end: () => undefined,
  };
}
