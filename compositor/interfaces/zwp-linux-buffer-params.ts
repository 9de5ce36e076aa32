// zwp_linux_buffer_params_v1: planes gathered for a buffer.

import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Handle } from '../../protocol/object/message.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import { KernelError } from '../kernel/task/index.ts';
import type { DmabufBuffer } from '../scene/client-buffer.ts';
import type { DmabufDescription, KernelCapabilities } from '../scene/kernel-capabilities.ts';
import { Lifetime } from '../scene/lifetime.ts';
import type { OwnedDescriptor } from '../server/descriptors.ts';
import type { Caller } from './context.ts';
import { demand, refusal } from './errors.ts';
import { BufferObject } from './wl-buffer.ts';

const MAX_PLANES = 4;
const FLAGS = interfaces.zwp_linux_buffer_params_v1.enums.flags;
const KNOWN_FLAGS = FLAGS.y_invert | FLAGS.interlaced | FLAGS.bottom_first;

/** Formats of more than one plane: how many, and how much smaller the chroma planes are. All others have one plane. */
const PLANES: ReadonlyMap<number, readonly { readonly divideHeight: number }[]> = new Map([
  [0x3231564e, [{ divideHeight: 1 }, { divideHeight: 2 }]], // NV12
  [0x3132564e, [{ divideHeight: 1 }, { divideHeight: 2 }]], // NV21
  [0x32315559, [{ divideHeight: 1 }, { divideHeight: 2 }, { divideHeight: 2 }]], // YU12
]);
const ONE_PLANE = [{ divideHeight: 1 }];

interface Plane {
  readonly descriptor: OwnedDescriptor;
  readonly offset: number;
  readonly stride: number;
}

export class BufferParams {
  readonly #caller: Caller;
  readonly #resource: Resource<'zwp_linux_buffer_params_v1'>;
  readonly #capabilities: KernelCapabilities;
  #planes: (Plane | undefined)[] = [];
  #modifier: bigint | null = null;
  #used = false;

  constructor(
    caller: Caller,
    resource: Resource<'zwp_linux_buffer_params_v1'>,
    capabilities: KernelCapabilities,
  ) {
    this.#caller = caller;
    this.#resource = resource;
    this.#capabilities = capabilities;
    resource.onDestroy(() => this.#closePlanes());
    resource.setHandlers({
      destroy: () => {},
      add: (_, fd, index, offset, stride, high, low) =>
        this.#add(fd, index, offset, stride, (BigInt(high) << 32n) | BigInt(low)),
      create: (_, width, height, format, flags) => this.#createLater({ width, height, format, flags }),
      create_immed: (_, buffer, width, height, format, flags) =>
        this.#createNow(buffer, { width, height, format, flags }),
    });
  }

  #add(handle: Handle, index: number, offset: number, stride: number, modifier: bigint): void {
    this.#checkUnused();
    demand(
      index < MAX_PLANES,
      this.#resource,
      'plane_idx',
      `plane ${index} does not exist; planes are numbered 0 to ${MAX_PLANES - 1}`,
    );
    demand(
      this.#planes[index] === undefined,
      this.#resource,
      'plane_set',
      `plane ${index} was added already`,
    );
    demand(
      this.#modifier === null || this.#modifier === modifier,
      this.#resource,
      'invalid_format',
      `plane ${index} has the modifier 0x${modifier.toString(16)}, others 0x${this.#modifier?.toString(16)}; all planes of a buffer have one`,
    );
    this.#modifier = modifier;
    this.#planes[index] = { descriptor: this.#caller.client.claim(handle), offset, stride };
  }

  #createLater(request: Request): void {
    const { width, height } = request;
    const description = this.#describe(request);
    const outcome = this.#capabilities.tryImport(description);
    if ('error' in outcome) {
      this.#note(outcome.error);
      this.#closePlanes();
      this.#resource.events.failed();
      return;
    }
    const buffer = this.#caller.client.create('wl_buffer', 1);
    this.#makeBuffer(buffer, description, request.flags);
    this.#resource.events.created(buffer);
    this.#caller.context.rooms.trace.note('client', `${this.#caller.client.label(buffer)} is a dma-buf`, {
      width,
      height,
    });
  }

  #createNow(buffer: Resource<'wl_buffer'>, request: Request): void {
    const description = this.#describe(request);
    const outcome = this.#capabilities.tryImport(description);
    // The protocol leaves it to the server whether a failed import ends the client; a buffer that can't be shown would only hide it.
    if ('error' in outcome) {
      this.#note(outcome.error);
      throw refusal(this.#resource, 'invalid_wl_buffer', `the import failed: ${outcome.error}`);
    }
    this.#makeBuffer(buffer, description, request.flags);
  }

  #describe(request: Request): DmabufDescription {
    this.#checkUnused();
    this.#used = true;
    const { width, height, format } = request;
    const modifier = this.#modifier ?? 0n;
    const layout = PLANES.get(format) ?? ONE_PLANE;
    const planes = this.#planes.slice(0, layout.length).filter(plane => plane !== undefined);
    demand(
      planes.length === layout.length && this.#planes.length <= layout.length,
      this.#resource,
      'incomplete',
      `format ${fourcc(format)} has ${layout.length} planes, ${this.#planes.filter(Boolean).length} were added`,
    );
    this.#checkRequest(request, modifier);
    for (const [index, plane] of planes.entries())
      this.#checkBounds(index, plane, Math.ceil(height / layout[index]!.divideHeight));
    return {
      width,
      height,
      format,
      modifier,
      planes: planes.map(({ descriptor, offset, stride }) => ({ fd: descriptor.fd, offset, stride })),
    };
  }

  #checkRequest({ width, height, format, flags }: Request, modifier: bigint): void {
    demand(
      this.#isOffered(format, modifier),
      this.#resource,
      'invalid_format',
      `${fourcc(format)} with modifier 0x${modifier.toString(16)} was not announced`,
    );
    demand(
      width > 0 && height > 0,
      this.#resource,
      'invalid_dimensions',
      `the size ${width}x${height} is not positive`,
    );
    demand(
      (flags & ~KNOWN_FLAGS) === 0,
      this.#resource,
      'invalid_format',
      `flags 0x${flags.toString(16)} are not known`,
    );
  }

  /** As weston and wlroots check: against 32 bits, and against the size of the dma-buf where it has one. */
  #checkBounds(index: number, { descriptor, offset, stride }: Plane, rows: number): void {
    const end = offset + stride * rows;
    const size = this.#sizeOf(descriptor.fd);
    demand(
      stride > 0 && end <= 0xffff_ffff && BigInt(offset + stride) <= size && BigInt(end) <= size,
      this.#resource,
      'out_of_bounds',
      `plane ${index}: ${rows} rows of ${stride} bytes from ${offset} on end at ${end}, but the dma-buf has ${size} bytes`,
    );
  }

  #sizeOf(fd: number): bigint {
    try {
      return this.#caller.context.rooms.task.status(fd).size;
    } catch (error) {
      if (error instanceof KernelError) return 0n;
      throw error;
    }
  }

  #isOffered(format: number, modifier: bigint): boolean {
    return this.#capabilities.tranches.some(tranche =>
      tranche.formats.some(entry => entry.format === format && entry.modifiers.includes(modifier)),
    );
  }

  #makeBuffer(resource: Resource<'wl_buffer'>, description: DmabufDescription, flags: number): void {
    const { client, context } = this.#caller;
    const lifetime = new Lifetime();
    const buffer: DmabufBuffer = {
      kind: 'dmabuf',
      id: context.bufferId(),
      label: client.label(resource),
      ...description,
      yInverted: (flags & FLAGS.y_invert) !== 0,
      lifetime,
    };
    const planes = this.#planes;
    this.#planes = [];
    new BufferObject(context, resource, buffer);
    lifetime.whenEnded(() => {
      for (const plane of planes) plane?.descriptor[Symbol.dispose]();
    });
  }

  #checkUnused(): void {
    demand(!this.#used, this.#resource, 'already_used', 'a buffer was made of these parameters already');
  }

  #closePlanes(): void {
    for (const plane of this.#planes) plane?.descriptor[Symbol.dispose]();
    this.#planes = [];
  }

  #note(reason: string): void {
    const { client, context } = this.#caller;
    context.rooms.trace.note('client', `import for ${client.label(this.#resource)} refused`, { reason });
  }
}

interface Request {
  readonly width: number;
  readonly height: number;
  readonly format: number;
  readonly flags: number;
}

/** A format for people: XR24 (0x34325258). */
function fourcc(format: number): string {
  const letters = [0, 8, 16, 24].map(shift => String.fromCharCode((format >>> shift) & 0x7f));
  return `${letters.join('').replace(/[^\x20-\x7e]/g, '?')} (0x${format.toString(16)})`;
}
