// wl_shm_pool: buffers cut out of shared memory.

import { interfaces } from '../../protocol/interfaces/index.ts';
import { ProtocolError } from '../../protocol/object/error.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import type { ShmBuffer, ShmMemory } from '../scene/client-buffer.ts';
import { Lifetime } from '../scene/lifetime.ts';
import type { OwnedDescriptor } from '../server/descriptors.ts';
import type { Caller } from './context.ts';
import { SHM_FORMATS, type ShmFormat, shmFormat } from './shm-format.ts';
import { BufferObject } from './wl-buffer.ts';
import { sizeOf } from './wl-shm.ts';

const errors = interfaces.wl_shm.enums.error;

interface Geometry {
  readonly offset: number;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
}

/** The memory lives as long as the pool or one of its buffers. */
export class ShmPool {
  readonly #caller: Caller;
  readonly #resource: Resource<'wl_shm_pool'>;
  readonly #memory: { readonly fd: number; readonly owner: object; size: number };
  readonly #lifetime = new Lifetime();

  constructor(caller: Caller, resource: Resource<'wl_shm_pool'>, descriptor: OwnedDescriptor, size: number) {
    this.#caller = caller;
    this.#resource = resource;
    this.#memory = { fd: descriptor.fd, owner: caller.client, size };
    const hold = this.#lifetime.hold(caller.client.label(resource));
    this.#lifetime.whenEnded(() => descriptor[Symbol.dispose]());
    resource.onDestroy(() => hold[Symbol.dispose]());
    resource.setHandlers({
      create_buffer: (_, buffer, offset, width, height, stride, format) =>
        this.#createBuffer(buffer, { offset, width, height, stride }, format),
      destroy: () => {},
      resize: (_, newSize) => this.#resize(newSize),
    });
  }

  #createBuffer(resource: Resource<'wl_buffer'>, geometry: Geometry, number: number): void {
    const format = shmFormat(number);
    if (!format)
      throw this.#error(
        'invalid_format',
        `format 0x${number.toString(16)} was not announced; wl_shm announced ${SHM_FORMATS.map(known => known.shm).join(', ')}`,
      );
    const problem = geometryProblem(geometry, format, this.#memory);
    if (problem) throw this.#error('invalid_stride', problem);
    const { client, context } = this.#caller;
    const lifetime = new Lifetime();
    const memory = this.#lifetime.hold(client.label(resource));
    const buffer: ShmBuffer = {
      kind: 'shm',
      id: context.bufferId(),
      label: client.label(resource),
      format: format.fourcc,
      ...geometry,
      memory: this.#memory,
      byteLength: geometry.stride * (geometry.height - 1) + geometry.width * format.bytesPerPixel,
      lifetime,
      fault: message => client.objects.fail(new ProtocolError(resource, errors.invalid_fd, message)),
    };
    new BufferObject(context, resource, buffer);
    lifetime.whenEnded(() => memory[Symbol.dispose]());
  }

  #resize(size: number): void {
    if (size < this.#memory.size)
      throw this.#error(
        'invalid_fd',
        `the pool has ${this.#memory.size} bytes and can't shrink to ${size}: pools only grow`,
      );
    const there = sizeOf(this.#caller.context.rooms.task, this.#memory.fd) ?? 0n;
    if (there < BigInt(size))
      throw this.#error(
        'invalid_fd',
        `the pool is to grow to ${size} bytes, but its file has ${there}; grow the file first`,
      );
    this.#memory.size = size;
  }

  /** As libwayland does: about the pool, with the codes of wl_shm. */
  #error(code: keyof typeof errors, words: string): ProtocolError {
    return new ProtocolError(this.#resource, errors[code], words);
  }
}

/** Products of two 32-bit numbers: too large for exactness, not for comparison. */
function geometryProblem(geometry: Geometry, format: ShmFormat, memory: ShmMemory): string | null {
  const { offset, width, height, stride } = geometry;
  if (width <= 0 || height <= 0) return `the size ${width}x${height} is not positive`;
  if (stride < width * format.bytesPerPixel)
    return `the stride is ${stride} bytes, but a row of ${width} pixels has ${width * format.bytesPerPixel}`;
  if (offset < 0) return `the offset ${offset} is negative`;
  const end = offset + stride * height;
  if (end > memory.size)
    return `${height} rows of ${stride} bytes from ${offset} on end at ${end}, but the pool has ${memory.size} bytes`;
  return null;
}
