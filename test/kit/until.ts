import type { Nanoseconds } from '../../compositor/machine/machine.ts';
import type { VirtualMachine } from '../../compositor/machine/virtual-machine.ts';

/** Turns of the event loop without anything to run after which nothing will come any more. */
const IDLE_TURNS = 3;

/** Lets promises settle: everything that a step made possible happens before the next. */
export const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Lets virtual time pass until a promise settles; throws when `within` nanoseconds pass or nothing is left to happen. */
export async function untilSettled<T>(
  machine: VirtualMachine,
  promise: Promise<T>,
  within: Nanoseconds,
  history: readonly string[] = [],
): Promise<T> {
  let done = false;
  const finish = (): void => {
    done = true;
  };
  promise.then(finish, finish);
  const limit = machine.now() + within;
  for (let idle = 0; idle < IDLE_TURNS; idle++) {
    await settled();
    while (!done && machine.step(limit)) {
      idle = 0;
      await settled();
    }
    if (done) return promise;
  }
  throw new Error(
    `the promise did not settle within ${within / 1_000_000n} ms of virtual time; the last that happened:\n${history.slice(-12).join('\n')}`,
  );
}
