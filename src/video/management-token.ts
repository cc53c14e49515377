import type { HmsTokens, MintedToken } from './hms.tokens';

/** Renewed this long before it ends, in milliseconds: it must still be good on 100ms's clock when it arrives there. */
const RENEW_BEFORE_END = 5 * 60_000;

/** The management token of the moment: made once for many calls, and again before it ends or after 100ms refused it. */
export class ManagementToken {
  private minted: MintedToken | undefined;

  constructor(
    private readonly tokens: Pick<HmsTokens, 'managementToken'>,
    private readonly now: () => Date,
  ) {}

  current(): string {
    if (!this.minted || this.minted.expiresAt.getTime() - this.now().getTime() < RENEW_BEFORE_END) {
      this.minted = this.tokens.managementToken();
    }
    return this.minted.token;
  }

  /** Forgets `refused`. Of many callers whose token was refused at once, the first one makes the new one. */
  renew(refused: string): void {
    if (this.minted?.token === refused) this.minted = undefined;
  }
}
