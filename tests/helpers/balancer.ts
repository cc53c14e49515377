import { TcpProxy } from '../chaos/tcp-proxy';

/** How often an instance is asked whether it wants requests, in milliseconds. */
const ASK_EVERY = 50;

/**
 * What stands before several instances and knows connections alone, as Kubernetes and many a balancer do: each new one goes to
 * the first instance that says at `/readyz` that it wants requests, and those that are there stay where they are.
 */
export class Balancer implements AsyncDisposable {
  private isOver = false;
  private readonly asking: Promise<void>;

  private constructor(
    private readonly proxy: TcpProxy,
    /** Where the instances are; one may be put in another's place. */
    readonly instances: string[],
  ) {
    this.asking = this.ask();
  }

  static async open(instances: string[]): Promise<Balancer> {
    return new Balancer(await TcpProxy.open(portOf(instances[0] ?? '')), instances);
  }

  get url(): string {
    return this.proxy.url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isOver = true;
    await this.asking;
    await this.proxy.close();
  }

  private async ask(): Promise<void> {
    while (!this.isOver) {
      const answers = await Promise.all(this.instances.map(isReady));
      const first = this.instances[answers.indexOf(true)];
      if (first) this.proxy.target = portOf(first);
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
    }
  }
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
