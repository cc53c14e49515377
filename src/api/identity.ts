import type { Config } from '../config';
import type { Caller } from '../rooms/caller';

const everybody: Caller = { kind: 'service', id: 'open access' };

/** Who asks. While access is open, everybody is a service. */
export function callerOf(_access: Config['access']): Caller {
  return everybody;
}
