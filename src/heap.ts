import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** By how much what is alive may grow, in percent, before V8 looks for what is not. */
const GROWTH = 50;

/**
 * Lets less garbage gather. Objects in use while V8 collects young ones count as old afterwards, and are only collected with the
 * whole heap: for the first time when there are some hundreds of MB of it, later at up to four times what is alive. Here nearly all of
 * that is requests that were answered long ago. So the heap is cleared once, when everything is built, and from then on as soon as it
 * has grown by half. V8 does most of it in threads of its own.
 */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
}
