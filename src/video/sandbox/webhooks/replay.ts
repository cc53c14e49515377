/** A replay of many webhooks, under way or over. */
export interface Replay {
  readonly id: string;
  readonly status: 'Running' | 'completed' | 'completed_with_failures' | 'failed' | 'Terminated';
  readonly started_at: string;
  readonly completed_at?: string;
  readonly filters: object;
  readonly total: number;
  readonly completed: number;
  readonly failed_events: readonly string[];
}
