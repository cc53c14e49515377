import type { Models } from '../models';

/** What tells one login of a user from another. */
export interface LoginFacts {
  readonly userId: string;
  readonly issuedAt: Date;
}

interface Heard extends LoginFacts {
  readonly end: () => void;
}

/** For how long what was revoked is seen without waiting, in milliseconds: no request is on its way for longer. */
const SEEN_FOR = 3_600_000;

/** Which logins of users were ended before their time. */
export class Logins {
  private readonly heard = new Set<Heard>();
  /** What was revoked lately, the newest last: seen without waiting, so that no login slips between its check and its watch. */
  private readonly revokedHere = new Map<string, Date>();

  constructor(
    private readonly models: Models,
    private readonly now: () => Date,
  ) {}

  /** Whether a login is revoked. One issued in the second of the revocation counts as older. */
  async isRevoked({ userId, issuedAt }: LoginFacts): Promise<boolean> {
    const revoked = await this.models.revokedLogins.findOne({ _id: userId }).lean();
    return revoked !== null && issuedAt <= revoked.before;
  }

  /** Calls `end` when a login is revoked, at once where it is already. Answers with how to stop that; safe to call again. */
  whenRevoked({ userId, issuedAt }: LoginFacts, end: () => void): () => void {
    const before = this.revokedHere.get(userId);
    if (before && issuedAt <= before) end();
    const heard = { userId, issuedAt, end };
    this.heard.add(heard);
    return () => this.heard.delete(heard);
  }

  /** Revokes every login of a user that was issued until now, and ends what runs under one. Returns this time. */
  async revoke(userId: string): Promise<Date> {
    const before = this.now();
    await this.models.revokedLogins.updateOne({ _id: userId }, { $max: { before } }, { upsert: true });
    this.end(userId, before);
    return before;
  }

  /** Ends what runs under logins of a user that were issued before a time. */
  end(userId: string, before: Date): void {
    this.forgetOld();
    this.revokedHere.delete(userId);
    this.revokedHere.set(userId, before);
    for (const each of this.heard) if (each.userId === userId && each.issuedAt <= before) each.end();
  }

  private forgetOld(): void {
    const since = this.now().getTime() - SEEN_FOR;
    for (const [userId, before] of this.revokedHere) {
      if (before.getTime() >= since) return;
      this.revokedHere.delete(userId);
    }
  }
}
