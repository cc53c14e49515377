/** A clock that stands still until a test moves it on. */
export class StoppedClock {
  private at: number;

  constructor(iso = '2026-01-01T10:00:00.000Z') {
    this.at = Date.parse(iso);
  }

  readonly now = (): Date => new Date(this.at);

  moveOn(seconds: number): void {
    this.at += seconds * 1_000;
  }
}
