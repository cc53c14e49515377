import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP connection's way through here, which a test can cut, hold up and mend. */
export interface Link extends AsyncDisposable {
  readonly port: number;
  /** Resets what is open, and refuses what comes, until it is mended. */
  cut(): void;
  /** Lets nothing through, closing nothing, until it is mended. */
  hold(): void;
  mend(): void;
}

export async function openLink(to: { port: number }): Promise<Link> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let isHeld = false;
  const server = createServer((near) => {
    const far = connect(to.port, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
    }
    if (isCut) near.resetAndDestroy();
    else near.pipe(far).pipe(near);
    if (isHeld) for (const socket of [near, far]) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const reset = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
      reset();
    },
    hold: () => {
      isHeld = true;
      for (const socket of sockets) socket.pause();
    },
    mend: () => {
      isCut = false;
      isHeld = false;
      for (const socket of sockets) socket.resume();
    },
    async [Symbol.asyncDispose]() {
      reset();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
