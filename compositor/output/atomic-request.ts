// One atomic commit under construction.
import { type drm_mode_atomic, modeIoctls } from '../../protocol/uapi/drm-mode.ts';
import type { UserValue } from '../../protocol/uapi/struct.ts';
import type { KernelThread, Task } from '../kernel/task/index.ts';
import { type ModeObject, propertyOf } from './mode-properties.ts';

export class AtomicRequest {
  readonly #objects = new Map<number, Map<number, bigint>>();

  /** Throws an Error when the object has no such property. Negative values are taken as they are. */
  set(object: ModeObject, name: string, value: bigint | number): this {
    const { id } = propertyOf(object, name);
    let properties = this.#objects.get(object.id);
    if (!properties) {
      properties = new Map();
      this.#objects.set(object.id, properties);
    }
    properties.set(id, BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  /** Hands it to the kernel with flags under which it does not sleep. Throws a KernelError. */
  commit(task: Task, card: number, flags: number, userData: bigint): void {
    task.call(card, modeIoctls.DRM_IOCTL_MODE_ATOMIC, this.#argument(flags, userData));
  }

  /** A commit that waits for those before it and until it is on the screen. */
  start(task: Task, card: number, flags: number): KernelThread<unknown> {
    return task.startCall(card, modeIoctls.DRM_IOCTL_MODE_ATOMIC, this.#argument(flags, 0n));
  }

  #argument(flags: number, userData: bigint): UserValue<typeof drm_mode_atomic> {
    const objects = [...this.#objects];
    return {
      flags,
      objs_ptr: objects.map(([id]) => id),
      count_props_ptr: objects.map(([, properties]) => properties.size),
      props_ptr: objects.flatMap(([, properties]) => [...properties.keys()]),
      prop_values_ptr: objects.flatMap(([, properties]) => [...properties.values()]),
      user_data: userData,
    };
  }
}
