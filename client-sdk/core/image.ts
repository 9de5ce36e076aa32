import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import {
  DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
  DMA_BUF_IOCTL_SYNC,
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_START,
  DMA_BUF_SYNC_WRITE,
} from '../../protocol/uapi/dma-buf.ts';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import type { Client } from './client.ts';
import { Fence } from './fence.ts';
import {
  allocateGpuBuffer,
  allocateMemfd,
  allocateUdmabuf,
  type ImageMemory,
  RENDER_NODE,
} from './image-memory.ts';
import { damagedBytes, fourccOf, type ImageLayout, layoutOf, shmFormatOf } from './layout.ts';
import { Mapping } from './mapping.ts';
import type { PixelFormat, Rect, Size, SwapchainOptions, WaitOptions } from './options.ts';

export interface ImageOptions extends Size {
  readonly kind?: SwapchainOptions['kind'];
  readonly format?: PixelFormat;
  readonly memory?: SwapchainOptions['memory'];
}

export interface MapOptions extends WaitOptions {
  /** What the CPU is going to do. A dma-buf is waited for accordingly: reading for writers, writing for readers too. Default `write`. */
  readonly access?: 'read' | 'write' | 'read-write';
}

const ACCESS = {
  read: DMA_BUF_SYNC_READ,
  write: DMA_BUF_SYNC_WRITE,
  'read-write': DMA_BUF_SYNC_READ | DMA_BUF_SYNC_WRITE,
} as const;

/** Pixels shared with the server: a memfd or a dma-buf, and the wl_buffer made of it. */
export class SharedImage implements Disposable {
  readonly client: Client;
  readonly layout: ImageLayout;
  readonly memory: ImageMemory;
  readonly #atEnd: Disposable;
  #buffer: ObjectProxy<'wl_buffer'> | null = null;
  #gem: Promise<number> | null = null;
  #importedGem: number | null = null;
  #mapping: Mapping | null = null;
  #mapped = false;
  #failure: unknown = null;
  #disposed = false;

  private constructor(client: Client, layout: ImageLayout, memory: ImageMemory) {
    this.client = client;
    this.layout = layout;
    this.memory = memory;
    // Mappings and descriptors of this process outlive a connection; an image does not.
    this.#atEnd = client.whenEnded(() => this[Symbol.dispose]());
  }

  /**
   * Makes an image: `shm` (default) of a memfd, `dmabuf` of the simulated GPU's memory or of a memfd's pages. A server
   * without kernel calls gets `shm` for both, unless `memory` says which: that throws `MissingGlobal`, and so does NV12.
   */
  static async create(client: Client, options: ImageOptions): Promise<SharedImage> {
    const layout = layoutOf(options.format ?? 'XRGB8888', options);
    const memory = await allocate(client, layout, options);
    const image = new SharedImage(client, layout, memory);
    if (client.error) {
      image[Symbol.dispose]();
      throw client.error;
    }
    return image;
  }

  get width(): number {
    return this.layout.width;
  }

  get height(): number {
    return this.layout.height;
  }

  get format(): PixelFormat {
    return this.layout.format;
  }

  /** The wl_buffer, made when first asked for. */
  get buffer(): ObjectProxy<'wl_buffer'> {
    this.#buffer ??= this.memory.kind === 'memfd' ? this.#shmBuffer() : this.#dmabufBuffer();
    return this.#buffer;
  }

  /** The dma-buf's number in the client's Task. Throws for images of shared memory. */
  get dmabuf(): number {
    if (this.memory.dmabuf === null)
      throw new TypeError('an image of kind shm has no dma-buf: ask for kind dmabuf');
    return this.memory.dmabuf;
  }

  /**
   * The pixels, for the CPU. Of a dma-buf this waits for the fences of its users and brackets the access
   * (`DMA_BUF_IOCTL_SYNC`); `unmap` ends it. One mapping at a time.
   */
  async map(options: MapOptions = {}): Promise<Mapping> {
    this.throwFailure();
    if (this.#disposed) throw new Error('the image is disposed of');
    if (this.#mapped) throw new Error('the image is mapped already: unmap it first');
    this.#mapped = true;
    const access = options.access ?? 'write';
    try {
      if (this.memory.dmabuf !== null) await this.#sync(DMA_BUF_SYNC_START, access, options);
      if (this.memory.copied !== null && access !== 'write') await this.memory.copied.read(this.memory.data);
    } catch (error) {
      this.#mapped = false;
      throw error;
    }
    this.#mapping = new Mapping(this.layout, this.memory.data, damage => this.#unmap(access, damage));
    return this.#mapping;
  }

  /** Ends a mapping that is open. */
  unmap(damage?: readonly Rect[]): void {
    this.#mapping?.unmap(damage);
  }

  /** The fences that an access to the dma-buf has to wait for now (`DMA_BUF_IOCTL_EXPORT_SYNC_FILE`). */
  async exportFence(access: 'read' | 'write' = 'write'): Promise<Fence> {
    const { fd } = await this.client.kernel.call(this.dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, {
      flags: ACCESS[access],
      fd: -1,
    });
    return new Fence(this.client.kernel, fd);
  }

  /** The dma-buf's fences that have not signalled, for people. */
  async pendingWords(access: 'read' | 'write' = 'write'): Promise<string[]> {
    const fence = await this.exportFence(access);
    try {
      return await fence.pendingWords();
    } finally {
      fence[Symbol.dispose]();
    }
  }

  /** The image's GEM handle on the client's render node. Throws for images of shared memory. */
  gem(): Promise<number> {
    this.#gem ??= this.#findGem().catch((error: unknown) => {
      this.#gem = null;
      throw error;
    });
    return this.#gem;
  }

  /** Notes a request about the image that failed after the fact, for `throwFailure`. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** Throws what went wrong when earlier pixels were carried to the server, once. */
  throwFailure(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#atEnd[Symbol.dispose]();
    if (this.client.error === null) {
      this.#buffer?.destroy();
      if (this.#importedGem !== null) this.client.closeGem(this.#importedGem);
    }
    this.memory[Symbol.dispose]();
  }

  async #findGem(): Promise<number> {
    if (this.memory.gem !== null) return this.memory.gem;
    const node = await this.client.device(RENDER_NODE);
    const { handle } = await this.client.kernel.call(node, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, {
      fd: this.dmabuf,
    });
    if (this.#disposed) this.client.closeGem(handle);
    else this.#importedGem = handle;
    return handle;
  }

  async #sync(edge: number, access: keyof typeof ACCESS, limits: WaitOptions): Promise<void> {
    const flags = BigInt(edge | ACCESS[access]);
    const explain = () => this.pendingWords(access === 'read' ? 'read' : 'write');
    await this.client.kernel.call(this.dmabuf, DMA_BUF_IOCTL_SYNC, { flags }, { ...limits, explain });
  }

  /** Carries the pixels over and ends the bracket. Nothing is waited for: both come before any later request. */
  #unmap(access: keyof typeof ACCESS, damage: readonly Rect[] | undefined): void {
    this.#mapped = false;
    this.#mapping = null;
    if (this.client.error !== null || this.#disposed) return;
    const note = (error: unknown) => this.fail(error);
    const { copied, data, dmabuf } = this.memory;
    if (copied !== null && access !== 'read')
      for (const [from, to] of damagedBytes(this.layout, damage))
        copied.write(data.subarray(from, to), from).catch(note);
    if (dmabuf !== null) this.#sync(DMA_BUF_SYNC_END, access, {}).catch(note);
  }

  #shmBuffer(): ObjectProxy<'wl_buffer'> {
    const { width, height, format, planes, bytes } = this.layout;
    const pool = this.client.shared('wl_shm').create_pool(this.memory.handle, bytes);
    const [{ offset, stride }] = planes as [ImageLayout['planes'][0]];
    const buffer = pool.create_buffer(offset, width, height, stride, shmFormatOf(format));
    pool.destroy();
    return buffer;
  }

  #dmabufBuffer(): ObjectProxy<'wl_buffer'> {
    const { width, height, format, planes } = this.layout;
    const params = this.client.shared('zwp_linux_dmabuf_v1').create_params();
    planes.forEach(({ offset, stride }, plane) =>
      params.add(this.memory.handle, plane, offset, stride, 0, 0),
    );
    const buffer = params.create_immed(width, height, fourccOf(format), 0);
    params.destroy();
    return buffer;
  }
}

async function allocate(client: Client, layout: ImageLayout, options: ImageOptions): Promise<ImageMemory> {
  const kernel = client.offers('fencepost_kernel_v1') > 0;
  const anyway = !kernel && options.memory === undefined && layout.planes.length === 1;
  if ((options.kind ?? 'shm') === 'shm' || anyway) {
    if (layout.planes.length > 1)
      throw new TypeError(`${layout.format} needs kind dmabuf: wl_shm images have one plane here`);
    return allocateMemfd(client, layout.bytes);
  }
  if (options.memory !== 'udmabuf') {
    const memory = await allocateGpuBuffer(client, layout.bytes);
    if (memory) return memory;
    if (options.memory === 'simgpu')
      throw new Error('memory of the simulated GPU cannot be mapped on this connection: use udmabuf');
  }
  return allocateUdmabuf(client, layout.bytes);
}
