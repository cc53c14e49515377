/** A degraded state, in words that may be public: they name no host and no secret. */
export class Unwell extends Error {
  override readonly name = 'Unwell';

  /** @param isRequired instead of what its check says, where that depends on what is not well */
  constructor(
    message: string,
    readonly isRequired?: boolean,
  ) {
    super(message);
  }
}

export interface HealthCheck {
  /** Whether this process must not be sent requests while it fails. What is not required makes it worse, and not useless. */
  readonly required: boolean;
  /** Rejects where it does not hold: with Unwell to say how, with anything else to say only that it does not. */
  readonly holds: () => Promise<unknown>;
  /** The message for callers if it rejects with another error, or not in time; the log has the details. */
  readonly otherwise: string;
}

export interface Finding {
  /** `failed` is what is required, `degraded` what is not. */
  readonly status: 'ok' | 'failed' | 'degraded';
  readonly message?: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, Finding>>;
}

const severity = { ok: 0, degraded: 0.5, failed: 1 } as const;

/** A check that has not answered by then has failed; and an answer serves for so long, so that asking costs callers more than us. In milliseconds. */
const ANSWER_WITHIN = 1_000;
const GOOD_FOR = 500;

/** Whether this process can be sent requests, and what is not well with it and what it needs. */
export class Health {
  private asked: Promise<Record<string, Finding>> | undefined;
  private askedAt = 0;

  /** @param own what this process knows of itself, asked every time */
  constructor(
    private readonly checks: Readonly<Record<string, HealthCheck>>,
    private readonly own: () => Readonly<Record<string, Finding>>,
  ) {}

  async readiness(): Promise<Readiness> {
    const now = performance.now();
    if (!this.asked || now - this.askedAt > GOOD_FOR) {
      this.askedAt = now;
      this.asked = this.askAll();
    }
    const found = { ...(await this.asked), ...this.own() };
    return { ready: Object.values(found).every(({ status }) => status !== 'failed'), checks: found };
  }

  /** The findings as numbers, by the name of their check. */
  async severities(): Promise<Record<string, number>> {
    const { checks } = await this.readiness();
    return Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, severity[status]]));
  }

  private async askAll(): Promise<Record<string, Finding>> {
    const entries = Object.entries(this.checks).map(
      async ([name, check]) => [name, await ask(check)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }
}

async function ask({ required, holds, otherwise }: HealthCheck): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), ANSWER_WITHIN);
  });
  try {
    await Promise.race([holds(), late]);
    return { status: 'ok' };
  } catch (error) {
    const unwell = error instanceof Unwell ? error : undefined;
    return {
      status: (unwell?.isRequired ?? required) ? 'failed' : 'degraded',
      message: unwell?.message ?? otherwise,
    };
  } finally {
    clearTimeout(timer);
  }
}
