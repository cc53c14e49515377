/** With it any encoder streams into the room by RTMP. */
export interface StreamKey {
  readonly id: string;
  readonly key: string;
  readonly room_id: string;
  readonly enabled: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}
