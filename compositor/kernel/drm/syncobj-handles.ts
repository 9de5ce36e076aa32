import type { Behaviour } from '../behaviour.ts';
import type { Syncobj } from '../sync/syncobj.ts';
import { type ErrnoName, KernelError } from '../task/kernel-error.ts';
import { HandleTable } from './handle-table.ts';

/** The sync objects of one open file. */
export class SyncobjHandles extends HandleTable<Syncobj> {
  readonly #zeroCanBeFreed: boolean;

  constructor({ syncobjHandleZeroCanBeFreed }: Behaviour) {
    super();
    this.#zeroCanBeFreed = syncobjHandleZeroCanBeFreed;
  }

  /**
   * Handle 0 is not given out until somebody has tried to destroy it: Linux 7.2 keeps the handles in an xarray, and
   * erasing index 0 of one makes it free, although nothing was there.
   */
  override remove(handle: number): Syncobj | undefined {
    const syncobj = super.remove(handle);
    if (handle === 0 && this.#zeroCanBeFreed) this.free(0);
    return syncobj;
  }

  /** `drm_syncobj_find`; callers differ about the errno. */
  lookup(handle: number, code: ErrnoName = 'ENOENT'): Syncobj {
    const syncobj = this.get(handle);
    if (!syncobj) throw new KernelError(code, `there is no sync object with handle ${handle}`);
    return syncobj;
  }
}
