// What a client may not do, over the real stack: the protocol's own error, in words that help, and only that client goes.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../client-sdk/core/index.ts';
import { Gpu, SharedImage, Timeline } from '../../client-sdk/core/index.ts';
import type { Message } from '../../protocol/object/message.ts';
import { DMA_BUF_IOCTL_SYNC } from '../../protocol/uapi/dma-buf.ts';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import { F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE } from '../../protocol/uapi/fcntl.ts';
import { simgpuIoctls } from '../../protocol/uapi/simgpu.ts';
import { SYNC_IOC_FILE_INFO } from '../../protocol/uapi/sync-file.ts';
import { UDMABUF_CREATE } from '../../protocol/uapi/udmabuf.ts';
import type { TestSession } from '../kit/index.ts';
import { Bystander } from './bystander.ts';
import { start } from './open.ts';

const SIZE = { width: 64, height: 48 };
const BYTES = SIZE.width * SIZE.height * 4;
const [XR24, NV12] = [0x34325258, 0x3231564e];

let session: TestSession;
let bystander: Bystander;
let client: Client;

beforeEach(async () => {
  session = start();
  bystander = await Bystander.create(session);
  client = await session.connect('offender');
});

const send = (object: number, opcode: number, ...args: Message['args']) =>
  client.connection.send({ object, opcode, args });

/** What the server holds against the client, after everything was handled. */
async function verdict(): Promise<string> {
  await session.vblank(3);
  return String(client.error);
}

/** The others live, and the screen is theirs. */
async function expectAlone(): Promise<void> {
  expect(session.compositor.server.clients.size).toBe(1);
  await bystander.draw(2);
  await bystander.check();
}

/** A dma-buf with a size, and a plane of it in the parameters for a buffer. */
async function planes(...added: [plane: number, offset: number, stride: number][]) {
  const image = await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
  const params = client.shared('zwp_linux_dmabuf_v1').create_params();
  for (const [plane, offset, stride] of added) params.add(image.memory.handle, plane, offset, stride, 0, 0);
  return params;
}

type Offence = [what: string, act: () => void | Promise<void>, told: RegExp];

const messages: Offence[] = [
  ['an object that never was', () => send(4711, 0), /wl_display@1: invalid_object \(0\): .*4711/],
  ['an opcode that is none', () => send(1, 99), /wl_display@1: invalid_method \(1\): .*99/],
  ['an argument too few', () => send(1, 0), /takes 1 arguments?, not 0/],
  ['an argument too many', () => send(1, 0, 50, 51), /takes 1 arguments?, not 2/],
  ['a text for a number', () => send(1, 0, 'three'), /must be the id of a new object, not a string/],
  ['a fraction for a number', () => send(1, 0, 3.5), /must be the id of a new object, not number 3\.5/],
  ['an id of the server for a new object', () => send(1, 0, 0xff000001), /4278190081/],
  ['an id that is taken', () => send(1, 0, 1), /still wl_display@1/],
  [
    'an object of another interface',
    () => send(client.shared('wl_subcompositor').id, 1, 900, 1, 1),
    /must be a wl_surface, but object 1 is a wl_display/,
  ],
  [
    'a global in a version that it does not have',
    () => {
      const { name } = [...client.globals.values()].find(global => global.interface === 'wl_shm')!;
      send(client.display.get_registry().id, 0, name, 'wl_shm', 7, 900);
    },
    /version 7 of wl_shm does not exist; there are 1 to 2/,
  ],
  [
    'a file that the process does not have',
    () => client.shared('wl_shm').create_pool({ kind: 'task', fd: 999 }, 4096) as never,
    /999/,
  ],
];

const buffers: Offence[] = [
  [
    'a pool larger than its file',
    async () => {
      const image = await session.until(SharedImage.create(client, SIZE));
      client.shared('wl_shm').create_pool(image.memory.handle, 1 << 28);
    },
    /wl_shm@\d+: invalid_fd \(2\): .*268435456/,
  ],
  [
    'a pool of a file that is no memory',
    async () => {
      const fd = await session.until(client.kernel.eventfd());
      client.shared('wl_shm').create_pool({ kind: 'task', fd }, 4096);
    },
    /wl_shm@\d+: invalid_fd \(2\)/,
  ],
  [
    'a buffer that reaches out of its pool',
    async () => {
      const image = await session.until(SharedImage.create(client, SIZE));
      const pool = client.shared('wl_shm').create_pool(image.memory.handle, BYTES);
      pool.create_buffer(4, SIZE.width, SIZE.height, SIZE.width * 4, 1);
    },
    /12292|reaches|ends/,
  ],
  [
    'sizes whose product overflows',
    async () => {
      const image = await session.until(SharedImage.create(client, SIZE));
      const pool = client.shared('wl_shm').create_pool(image.memory.handle, BYTES);
      pool.create_buffer(0, 0x10000, 0x10000, 0x40000, 1);
    },
    /65536/,
  ],
  [
    'a dma-buf that is none',
    async () => {
      const image = await session.until(SharedImage.create(client, SIZE));
      const params = client.shared('zwp_linux_dmabuf_v1').create_params();
      params.add(image.memory.handle, 0, 0, SIZE.width * 4, 0, 0);
      params.create_immed(SIZE.width, SIZE.height, XR24, 0);
    },
    /invalid_wl_buffer \(7\): the import failed/,
  ],
  [
    'a dma-buf with more rows than it has room for',
    async () => void (await planes([0, 0, 256])).create_immed(64, 4800, XR24, 0),
    /out_of_bounds \(6\): .*4800 rows of 256 bytes from 0 on end at 1228800, but the dma-buf has/,
  ],
  [
    'a dma-buf whose stride overflows',
    async () => void (await planes([0, 0, 0xffffffff])).create_immed(64, 48, XR24, 0),
    /out_of_bounds \(6\)/,
  ],
  [
    'a stride shorter than a row',
    async () => void (await planes([0, 0, 128])).create_immed(64, 48, XR24, 0),
    /invalid_wl_buffer \(7\): the import failed/,
  ],
  [
    'NV12 without its chroma',
    async () => void (await planes([0, 0, 64])).create_immed(64, 48, NV12, 0),
    /incomplete \(3\): format NV12 .* has 2 planes, 1 were added/,
  ],
  [
    'NV12 whose chroma lies outside',
    async () => void (await planes([0, 0, 64], [1, 1 << 20, 64])).create_immed(64, 48, NV12, 0),
    /out_of_bounds \(6\): plane 1/,
  ],
  [
    'a fence that is a dma-buf',
    async () => {
      const surface = client.shared('wl_compositor').create_surface();
      const sync = client.shared('zwp_linux_explicit_synchronization_v1').get_synchronization(surface);
      const image = await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
      sync.set_acquire_fence(image.memory.handle);
    },
    /invalid_fence \(0\)/,
  ],
  [
    'a timeline that is a sync file',
    async () => {
      const gpu = await session.until(Gpu.open(client));
      const fence = await session.until(gpu.submit([{ op: 'spin', nanoseconds: 1n }]));
      client.shared('wp_linux_drm_syncobj_manager_v1').import_timeline({ kind: 'task', fd: fence.fd });
    },
    /invalid_timeline \(1\)/,
  ],
  [
    'a release point before its acquire point',
    async () => {
      const window = await session.until(client.createWindow());
      await session.draw(window, 0);
      const object = client.shared('wp_linux_drm_syncobj_manager_v1').get_surface(window.surface.proxy);
      const timeline = await session.until((await session.until(Timeline.create(client))).imported());
      const image = await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
      object.set_acquire_point(timeline, 0, 5);
      object.set_release_point(timeline, 0, 4);
      window.surface.presentBuffer(image.buffer, SIZE);
    },
    /conflicting_points \(6\): .*5/,
  ],
  [
    'two roles for one surface',
    async () => {
      const window = await session.until(client.createWindow());
      const other = client.shared('wl_compositor').create_surface();
      client.shared('wl_subcompositor').get_subsurface(window.surface.proxy, other);
    },
    /wl_subcompositor@\d+: bad_surface/,
  ],
];

describe('a message with', () => {
  it.each(messages)('%s is the end of its sender alone', async (_, act, told) => {
    await act();
    expect(await verdict()).toMatch(told);
    await expectAlone();
  });
});

describe('a request for', () => {
  it.each(buffers)('%s is the end of its sender alone', async (_, act, told) => {
    await act();
    expect(await verdict()).toMatch(told);
    await expectAlone();
  });
});

/** Shows a window from a memfd of the client's process, sealed as wished; what shrinking the memfd does. */
async function shrinkable(seals: number) {
  const { kernel } = client;
  const fd = await session.until(kernel.memfdCreate('shrinkable'));
  await session.until(kernel.truncate(fd, BYTES));
  await session.until(kernel.pwrite(fd, new Uint8Array(BYTES).fill(0x77), 0));
  if (seals) await session.until(kernel.addSeals(fd, seals));
  const buffer = client
    .shared('wl_shm')
    .create_pool({ kind: 'task', fd }, BYTES)
    .create_buffer(0, SIZE.width, SIZE.height, SIZE.width * 4, 1);
  const window = await session.until(client.createWindow({ fullscreen: true }));
  await session.draw(window, 0);
  await session.vblank(2);
  const show = () => window.surface.presentBuffer(buffer, SIZE);
  return { show, shrink: (bytes: number) => kernel.truncate(fd, bytes) };
}

describe('memory that is shrunk while it is in use', () => {
  it('cannot be, once the compositor has sealed it', async () => {
    const { show, shrink } = await shrinkable(0);
    show();
    await session.vblank(2);
    expect(await session.pixel(9, 9)).toBe(0x777777);
    await expect(session.until(shrink(4096))).rejects.toMatchObject({ code: 'EPERM' });
    expect(client.error).toBeNull();
  });

  it('is shown as it was committed, and is the error of its owner alone when it is committed shrunk', async () => {
    const { show, shrink } = await shrinkable(F_SEAL_SEAL);
    show();
    await session.vblank(3);
    show();
    shrink(4096).catch(() => {});
    await session.vblank(3);
    expect(await session.pixel(9, 9)).toBe(0x777777);
    expect(client.error).toBeNull();
    show();
    expect(await verdict()).toMatch(
      /wl_buffer@\d+: .*\(2\): the pool's file ends before byte 12288, .* cut short/,
    );
    await expectAlone();
  });

  it('to nothing is no crash, whatever the moment', async () => {
    for (const wait of [0n, 1_000n, 100_000n, 9_000_000n, 16_000_000n]) {
      session.kill(client);
      client = await session.connect('offender');
      const { show, shrink } = await shrinkable(F_SEAL_SEAL);
      show();
      await session.advance(wait);
      shrink(0).catch(() => {});
      await session.vblank();
      if (client.error === null) show();
      expect(await verdict()).toMatch(/cut short/);
    }
    await expectAlone();
  });

  it('is shown from a copy where writing is sealed off', async () => {
    const { show } = await shrinkable(F_SEAL_SHRINK | F_SEAL_WRITE);
    show();
    await session.vblank(2);
    expect(await session.pixel(9, 9)).toBe(0x777777);
  });
});

describe('a kernel call that the process may not make is answered with its errno, and nobody goes', () => {
  const zeros = { start: { flags: 0n } };
  const calls: [what: string, errno: string, call: () => Promise<unknown>][] = [
    ['a file that is not there', 'EBADF', () => client.kernel.dup(999)],
    ['a device that is not there', 'ENOENT', () => client.kernel.open('/dev/dri/card7')],
    ['the display, which belongs to the seat', 'EACCES', () => client.kernel.open('/dev/dri/card0')],
    [
      'an ioctl of another file',
      'ENOTTY',
      async () => client.kernel.call(await client.kernel.memfdCreate('x'), DMA_BUF_IOCTL_SYNC, zeros.start),
    ],
    ['an ioctl of a closed file', 'EBADF', async () => client.kernel.call(997, SYNC_IOC_FILE_INFO, {})],
    [
      'a dma-buf of a handle that it has not',
      'ENOENT',
      async () => {
        const node = await client.device('/dev/dri/renderD128');
        return client.kernel.call(node, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle: 4711, flags: 0 });
      },
    ],
    [
      'a buffer of the GPU larger than the machine',
      'ENOMEM',
      async () => {
        const node = await client.device('/dev/dri/renderD128');
        return client.kernel.call(node, simgpuIoctls.SIMGPU_GEM_CREATE, { size: 1n << 33n });
      },
    ],
    [
      'a udmabuf of memory that is not sealed',
      'EINVAL',
      async () => {
        const memfd = await client.kernel.memfdCreate('unsealed');
        await client.kernel.truncate(memfd, 8192);
        const device = await client.device('/dev/udmabuf');
        return client.kernel.call(device, UDMABUF_CREATE, { memfd, flags: 0, offset: 0n, size: 8192n });
      },
    ],
    [
      'a udmabuf of half a page',
      'EINVAL',
      async () => {
        const memfd = await client.kernel.memfdCreate('sealed');
        await client.kernel.truncate(memfd, 8192);
        await client.kernel.addSeals(memfd, F_SEAL_SHRINK);
        const device = await client.device('/dev/udmabuf');
        return client.kernel.call(device, UDMABUF_CREATE, { memfd, flags: 0, offset: 2048n, size: 4096n });
      },
    ],
    [
      'memory beyond its descriptors',
      'EMFILE',
      async () => {
        for (;;) await client.kernel.eventfd();
      },
    ],
  ];

  it.each(calls)('%s: %s', async (_, code, call) => {
    await expect(session.until(call())).rejects.toMatchObject({ name: 'KernelCallError', code });
    expect(client.error).toBeNull();
    expect(session.compositor.server.clients.size).toBe(2);
  });
});
