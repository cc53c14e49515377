/** Access to a telephone provider, for calls out of a room. */
export interface Trunk {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly address: string;
  readonly from: string;
}
