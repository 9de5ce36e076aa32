import type { Task } from '../../task/task.ts';
import type { DrmFile } from '../file.ts';
import type { AtomicState } from './atomic-state.ts';
import type { Connector } from './connector.ts';
import type { Crtc } from './crtc.ts';
import type { KmsDevice } from './kms-device.ts';

/** A fence that userspace wants the number of: what it is of, and the address of the s32 it goes to. */
export interface FencePointers {
  readonly crtcs: Map<Crtc, bigint>;
  readonly writebacks: Map<Connector, bigint>;
  readonly histograms: Map<Crtc, bigint>;
}

const MINUS_ONE = new Uint8Array([0xff, 0xff, 0xff, 0xff]);

/** A request of a client while it is parsed: the state it proposes, and what belongs to the call and not to a state. */
export class AtomicRequest {
  readonly device: KmsDevice;
  readonly state: AtomicState;
  readonly file: DrmFile;
  readonly task: Task;
  readonly fencePointers: FencePointers = { crtcs: new Map(), writebacks: new Map(), histograms: new Map() };

  readonly #adopted: { put(): void }[] = [];

  constructor(state: AtomicState, file: DrmFile, task: Task) {
    this.device = state.device;
    this.state = state;
    this.file = file;
    this.task = task;
  }

  /** Keeps a reference that parsing made until the request ends; states take their own. */
  readonly adopt = <T extends { put(): void }>(made: T): T => {
    this.#adopted.push(made);
    return made;
  };

  /** The request is over: what parsing made goes, unless a state refers to it. */
  finish(): void {
    for (const made of this.#adopted.splice(0)) made.put();
  }

  /**
   * Remembers where a fence's number is wanted. -1 is stored there at once, for TEST_ONLY and for requests that fail
   * later too; address 0 is ignored. EFAULT. The last pointer of an object wins.
   */
  wantFence<T>(pointers: Map<T, bigint>, object: T, address: bigint): void {
    if (address === 0n) return;
    this.task.memory.copyToUser(address, MINUS_ONE);
    pointers.set(object, address);
  }
}
