/** Where the webhooks of one room go instead of to the workspace's target. */
export interface RoomWebhook {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Room {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly description: string;
  readonly template_id: string;
  readonly region: string;
  /** Undefined: as the template has it. */
  readonly recording_info?: object;
  readonly size?: number;
  readonly large_room: boolean;
  readonly max_duration_seconds?: number;
  readonly polls?: readonly string[];
  readonly webhook?: RoomWebhook;
  readonly created_at: string;
  readonly updated_at: string;
}
