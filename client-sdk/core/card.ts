import {
  DRM_CLIENT_CAP_ATOMIC,
  DRM_EVENT_FLIP_COMPLETE,
  drm_event,
  drm_event_vblank,
  drmIoctls,
} from '../../protocol/uapi/drm.ts';
import { drm_mode_atomic, type drm_mode_modeinfo, modeIoctls } from '../../protocol/uapi/drm-mode.ts';
import { type MarshalledArgument, marshal } from '../../protocol/uapi/marshal.ts';
import type { StructValue } from '../../protocol/uapi/struct.ts';
import type { Client } from './client.ts';
import { Fence } from './fence.ts';
import type { WaitOptions } from './options.ts';

export type DisplayMode = StructValue<typeof drm_mode_modeinfo>;

/** Given for OUT_FENCE_PTR and its like: the commit makes the fence, and gives it in the order in which they were asked for. */
export const OUT_FENCE: unique symbol = Symbol('a fence of the commit');

/** Objects by id with the properties to set, by name. */
export type AtomicRequest = readonly (readonly [
  object: number,
  properties: { readonly [name: string]: PropertyValue },
])[];

type PropertyValue = number | bigint | typeof OUT_FENCE;

/** A property with what it is set to. */
interface Setting {
  readonly id: number;
  readonly value: PropertyValue;
}

/** What stands in the request; addresses of fences are put in when it is laid out. */
const numberOf = (value: PropertyValue): bigint =>
  value === OUT_FENCE ? 0n : BigInt.asUintN(64, BigInt(value as number | bigint));

/** A page flip that is done. */
export interface FlipEvent {
  readonly crtc: number;
  readonly sequence: number;
  /** Nanoseconds of CLOCK_MONOTONIC, in whole microseconds. */
  readonly time: bigint;
  readonly userData: bigint;
}

/** Properties that an object may have, connectors that a card may have, and the like. */
const ROOM = 64;
const WORD = 8;

const list = (values: unknown, count: number): number[] =>
  Array.from(values as ArrayLike<number>).slice(0, count);

/**
 * A display device of the client's Task, for programs that drive it themselves. Master of it is who opens it while nobody
 * else has it, or who was given a part of it in a lease.
 *
 *     const card = await Card.open(client);
 *     const { crtcs, connectors, planes } = await card.resources();
 *     await card.commit([[crtcs[0]!, { ACTIVE: 0, OUT_FENCE_PTR: OUT_FENCE }]], DRM_MODE_ATOMIC_ALLOW_MODESET);
 */
export class Card {
  readonly client: Client;
  /** The descriptor. */
  readonly fd: number;
  readonly #properties = new Map<number, Map<string, number>>();

  private constructor(client: Client, fd: number) {
    this.client = client;
    this.fd = fd;
  }

  /** Opens a node, or takes a descriptor over, and asks for atomic commits. */
  static async open(client: Client, card: string | number = '/dev/dri/card0'): Promise<Card> {
    const fd = typeof card === 'number' ? card : await client.kernel.open(card);
    const atomic = { capability: DRM_CLIENT_CAP_ATOMIC, value: 1n };
    await client.kernel.call(fd, drmIoctls.DRM_IOCTL_SET_CLIENT_CAP, atomic);
    return new Card(client, fd);
  }

  /** Ids of what this descriptor sees. */
  async resources(): Promise<{ crtcs: number[]; connectors: number[]; planes: number[] }> {
    const { kernel } = this.client;
    const [room, more, still] = [new Uint32Array(ROOM), new Uint32Array(ROOM), new Uint32Array(ROOM)];
    const wanted = { crtc_id_ptr: room, connector_id_ptr: more };
    const all = await kernel.call(this.fd, modeIoctls.DRM_IOCTL_MODE_GETRESOURCES, wanted);
    const planes = await kernel.call(this.fd, modeIoctls.DRM_IOCTL_MODE_GETPLANERESOURCES, {
      plane_id_ptr: still,
    });
    return {
      crtcs: list(all.crtc_id_ptr, all.count_crtcs),
      connectors: list(all.connector_id_ptr, all.count_connectors),
      planes: list(planes.plane_id_ptr, planes.count_planes),
    };
  }

  /** The modes of a connector, its preferred first. */
  async modes(connector: number): Promise<DisplayMode[]> {
    const answer = await this.client.kernel.call(this.fd, modeIoctls.DRM_IOCTL_MODE_GETCONNECTOR, {
      connector_id: connector,
      modes_ptr: Array.from({ length: ROOM }, () => ({})),
    });
    return Array.from(answer.modes_ptr as ArrayLike<DisplayMode>).slice(0, answer.count_modes);
  }

  /** The values of an object's properties, by name. */
  async values(object: number): Promise<Map<string, bigint>> {
    const { ids, values } = await this.#read(object);
    const names = await this.#names(object, ids);
    const nameOf = new Map([...names].map(([name, id]) => [id, name]));
    return new Map(ids.map((id, at) => [nameOf.get(id)!, values[at]!]));
  }

  /** Makes a property blob; the id. */
  async blob(data: Uint8Array): Promise<number> {
    return (await this.client.kernel.call(this.fd, modeIoctls.DRM_IOCTL_MODE_CREATEPROPBLOB, { data }))
      .blob_id;
  }

  /** An atomic commit; resolves, with the fences that were asked for, when the call returns. */
  async commit(
    request: AtomicRequest,
    flags: number,
    userData = 0n,
    options?: WaitOptions,
  ): Promise<Fence[]> {
    const entries = await Promise.all(
      request.map(async ([object, properties]): Promise<Setting[]> => {
        const known = await this.#names(object);
        return Object.entries(properties).map(([name, value]) => ({ id: idOf(known, object, name), value }));
      }),
    );
    const all = entries.flat();
    const laid = marshal(modeIoctls.DRM_IOCTL_MODE_ATOMIC, {
      flags,
      objs_ptr: request.map(([object]) => object),
      count_props_ptr: entries.map(({ length }) => length),
      props_ptr: all.map(({ id }) => id),
      prop_values_ptr: all.map(({ value }) => numberOf(value)),
      user_data: userData,
    });
    const wanted = all.flatMap(({ value }, at) => (value === OUT_FENCE ? [at] : []));
    const { block, targets } = withFencePointers(laid, wanted);
    const { kernel } = this.client;
    const { data } = await kernel.ioctlBlock(this.fd, modeIoctls.DRM_IOCTL_MODE_ATOMIC, block, options);
    const answer = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const numbers = targets.map(target => answer.getInt32(target, true));
    return numbers.filter(fd => fd >= 0).map(fd => new Fence(kernel, fd));
  }

  /** The flips that are done, waiting for the first; other events are passed over. */
  async flips(options?: WaitOptions): Promise<FlipEvent[]> {
    const bytes = await this.client.kernel.read(this.fd, 4096, options);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const flips: FlipEvent[] = [];
    for (let at = 0; at < bytes.length; at += drm_event.read(view, at).length) {
      if (drm_event.read(view, at).type !== DRM_EVENT_FLIP_COMPLETE) continue;
      const { crtc_id, sequence, tv_sec, tv_usec, user_data } = drm_event_vblank.read(view, at);
      const time = BigInt(tv_sec) * 1_000_000_000n + BigInt(tv_usec) * 1000n;
      flips.push({ crtc: crtc_id, sequence, time, userData: user_data });
    }
    return flips;
  }

  async #read(object: number): Promise<{ ids: number[]; values: bigint[] }> {
    const answer = await this.client.kernel.call(this.fd, modeIoctls.DRM_IOCTL_MODE_OBJ_GETPROPERTIES, {
      obj_id: object,
      props_ptr: new Uint32Array(ROOM),
      prop_values_ptr: new BigUint64Array(ROOM),
      count_props: ROOM,
    });
    const count = answer.count_props;
    return {
      ids: list(answer.props_ptr, count),
      values: Array.from(answer.prop_values_ptr as ArrayLike<bigint>).slice(0, count),
    };
  }

  /** Ids by name, asked for once for each object. */
  async #names(object: number, known?: readonly number[]): Promise<Map<string, number>> {
    const before = this.#properties.get(object);
    if (before) return before;
    const ids = known ?? (await this.#read(object)).ids;
    const names = new Map(
      await Promise.all(
        ids.map(async (id): Promise<[string, number]> => {
          const property = { prop_id: id };
          const answer = await this.client.kernel.call(
            this.fd,
            modeIoctls.DRM_IOCTL_MODE_GETPROPERTY,
            property,
          );
          return [answer.name, id];
        }),
      ),
    );
    this.#properties.set(object, names);
    return names;
  }
}

function idOf(known: ReadonlyMap<string, number>, object: number, name: string): number {
  const id = known.get(name);
  if (id !== undefined) return id;
  throw new TypeError(`object ${object} has no property ${name}; it has ${[...known.keys()].join(', ')}`);
}

/**
 * Adds a word for each fence to the block, and makes the property values with these numbers pointers to them: the table
 * does not know that a property's value can be an address.
 */
function withFencePointers(
  { bytes, relocations }: MarshalledArgument,
  wanted: readonly number[],
): { block: MarshalledArgument; targets: number[] } {
  const end = Math.ceil(bytes.length / WORD) * WORD;
  const block = new Uint8Array(end + wanted.length * WORD);
  block.set(bytes);
  const view = new DataView(block.buffer);
  const values = Number(view.getBigUint64(drm_mode_atomic.offsets.prop_values_ptr, true));
  const targets = wanted.map((_, at) => end + at * WORD);
  const words = wanted.map(at => values + at * WORD);
  for (const [at, word] of words.entries()) view.setBigUint64(word, BigInt(targets[at]!), true);
  return {
    block: { bytes: block, relocations: Uint32Array.from([...relocations, ...words]).sort() },
    targets,
  };
}
