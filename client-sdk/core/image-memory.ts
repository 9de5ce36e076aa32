// Memory for images: memfds and dma-bufs, and the best way here for the CPU to reach them.
import type { Handle } from '../../protocol/object/message.ts';
import { DRM_CLOEXEC, DRM_RDWR, drmIoctls } from '../../protocol/uapi/drm.ts';
import { F_SEAL_SHRINK } from '../../protocol/uapi/fcntl.ts';
import { simgpuIoctls } from '../../protocol/uapi/simgpu.ts';
import { UDMABUF_CREATE, UDMABUF_FLAGS_CLOEXEC } from '../../protocol/uapi/udmabuf.ts';
import type { Client } from './client.ts';
import { KernelCallError } from './errors.ts';
import type { HostMemory, MappedMemory } from './memory-ports.ts';

export const RENDER_NODE = '/dev/dri/renderD128';

export interface ImageMemory extends Disposable {
  readonly kind: 'memfd' | 'dma-buf';
  /** What goes into the request that makes a wl_buffer of it. */
  readonly handle: Handle;
  /** The dma-buf in the client's Task. */
  readonly dmabuf: number | null;
  /** The GEM handle on the client's render node, where it was made there. */
  readonly gem: number | null;
  /** The pixels: themselves, or with `copied` a copy that has to be carried to and fro. */
  readonly data: Uint8Array;
  /** Carries them; null where the pixels are the memory itself. */
  readonly copied: Carrier | null;
}

/** Brings pixels to memory that can't be mapped here, and back. What is written is there before any later request. */
export interface Carrier {
  /** From the memory's beginning. */
  read(target: Uint8Array): Promise<void>;
  write(source: Uint8Array, offset: number): Promise<void>;
}

/** Whether this process can give the server memory of its own and be given the server's. */
export function hostMemoryOf(client: Client): HostMemory | null {
  const { connection, options } = client;
  // Descriptors leave this end, but a server of the native wire may have no way to take them.
  const { hostMemory } = options;
  if (!hostMemory || !connection.passesDescriptors) return null;
  // A Wayland connection has no other way. Elsewhere memory that can't be mapped is better left to the Task.
  if (connection.wire === 'wayland') return hostMemory;
  const arrive = connection.wire !== 'msgpack' || client.offers('fencepost_descriptors_v1') > 0;
  return arrive && hostMemory.canMap ? hostMemory : null;
}

/**
 * A memfd for wl_shm: this process's own where descriptors travel, else one of the client's Task. Throws `MissingGlobal`
 * where there is neither.
 */
export async function allocateMemfd(client: Client, bytes: number): Promise<ImageMemory> {
  const host = hostMemoryOf(client);
  if (host) return hostMemfd(host, bytes);
  const fd = await taskMemfd(client, bytes);
  const mapped = client.options.localMemory?.view(fd, bytes) ?? null;
  return {
    kind: 'memfd',
    handle: { kind: 'task', fd },
    dmabuf: null,
    gem: null,
    data: mapped?.data ?? new Uint8Array(bytes),
    copied: mapped ? null : taskCarrier(client, fd),
    [Symbol.dispose]() {
      mapped?.[Symbol.dispose]();
      client.kernel.discard(fd);
    },
  };
}

/** A dma-buf of a memfd's pages. It needs no mapping of the server's memory, so it serves every connection. */
export async function allocateUdmabuf(client: Client, bytes: number): Promise<ImageMemory> {
  const { kernel } = client;
  const host = hostMemoryOf(client);
  const own = host && hostMemfd(host, bytes);
  let memfd = -1;
  try {
    memfd = own ? await kernel.adopt(own.handle.fd) : await taskMemfd(client, bytes);
    const device = await client.device('/dev/udmabuf');
    const { result: dmabuf } = await kernel.ioctl(device, UDMABUF_CREATE, {
      memfd,
      flags: UDMABUF_FLAGS_CLOEXEC,
      offset: 0n,
      size: BigInt(bytes),
    });
    const mapped = own ?? client.options.localMemory?.view(memfd, bytes) ?? null;
    return dmabufMemory(client, dmabuf, null, bytes, mapped, memfd);
  } catch (error) {
    own?.[Symbol.dispose]();
    if (memfd >= 0) kernel.discard(memfd);
    throw error;
  }
}

/** A buffer of the simulated GPU, exported; null where this process cannot map it. */
export async function allocateGpuBuffer(client: Client, bytes: number): Promise<ImageMemory | null> {
  const { kernel } = client;
  const node = await client.device(RENDER_NODE);
  const { handle } = await kernel.call(node, simgpuIoctls.SIMGPU_GEM_CREATE, { size: BigInt(bytes) });
  let fd = -1;
  try {
    const prime = { handle, flags: DRM_CLOEXEC | DRM_RDWR };
    fd = (await kernel.call(node, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, prime)).fd;
    const mapped = await mapTaskFile(client, fd, bytes);
    if (mapped) return dmabufMemory(client, fd, handle, bytes, mapped, -1);
  } catch (error) {
    release(client, fd, handle);
    throw error;
  }
  release(client, fd, handle);
  return null;
}

/** Maps a file of the Task here: in this process's own kernel, or by a real descriptor of it. */
async function mapTaskFile(client: Client, fd: number, bytes: number): Promise<MappedMemory | null> {
  if (client.options.localMemory) return client.options.localMemory.view(fd, bytes);
  const host = hostMemoryOf(client);
  if (!host) return null;
  try {
    const { descriptor, offset } = await client.kernel.share(fd);
    try {
      return host.map(descriptor.fd, Number(offset), bytes);
    } finally {
      host.close(descriptor.fd);
    }
  } catch (error) {
    if (error instanceof KernelCallError) return null;
    throw error;
  }
}

function hostMemfd(host: HostMemory, bytes: number): ImageMemory {
  const fd = host.memfd('fencepost-client', bytes);
  let mapped: MappedMemory | null;
  try {
    mapped = host.canMap ? host.map(fd, 0, bytes) : null;
  } catch (error) {
    host.close(fd);
    throw error;
  }
  return {
    kind: 'memfd',
    handle: { kind: 'host', fd },
    dmabuf: null,
    gem: null,
    data: mapped?.data ?? new Uint8Array(bytes),
    copied: mapped ? null : hostCarrier(host, fd),
    [Symbol.dispose]() {
      mapped?.[Symbol.dispose]();
      host.close(fd);
    },
  };
}

const hostCarrier = (host: HostMemory, fd: number): Carrier => ({
  read: async target => host.pread(fd, target),
  write: async (source, offset) => host.pwrite(fd, source, offset),
});

const taskCarrier = ({ kernel }: Client, fd: number): Carrier => ({
  read: async target => void (await kernel.pread(fd, target, 0)),
  write: async (source, offset) => void (await kernel.pwrite(fd, source, offset)),
});

async function taskMemfd({ kernel }: Client, bytes: number): Promise<number> {
  const fd = await kernel.memfdCreate('fencepost-client');
  try {
    await kernel.truncate(fd, bytes);
    await kernel.addSeals(fd, F_SEAL_SHRINK);
    return fd;
  } catch (error) {
    kernel.discard(fd);
    throw error;
  }
}

function dmabufMemory(
  client: Client,
  dmabuf: number,
  gem: number | null,
  bytes: number,
  mapped: MappedMemory | null,
  memfd: number,
): ImageMemory {
  return {
    kind: 'dma-buf',
    handle: { kind: 'task', fd: dmabuf },
    dmabuf,
    gem,
    data: mapped?.data ?? new Uint8Array(bytes),
    copied: mapped ? null : taskCarrier(client, memfd),
    [Symbol.dispose]() {
      mapped?.[Symbol.dispose]();
      if (memfd >= 0) client.kernel.discard(memfd);
      release(client, dmabuf, gem);
    },
  };
}

function release(client: Client, fd: number, gem: number | null): void {
  if (fd >= 0) client.kernel.discard(fd);
  if (gem !== null) client.closeGem(gem);
}
