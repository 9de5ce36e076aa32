// Pools of shared memory as programs make them: real memfds of another process, vast and sparse, many, growing.
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DRM_FORMAT_XRGB8888 } from '../../protocol/uapi/fourcc.ts';
import { createDevices } from '../devices.ts';
import { type HostFiles, openHostFiles } from '../machine/host-files.ts';
import type { ShmBuffer } from '../scene/client-buffer.ts';
import { Lifetime } from '../scene/lifetime.ts';
import { type Point, Region, type Size } from '../scene/region.ts';
import type { Surface } from '../scene/surface.ts';
import { TestDesktop } from './testing.ts';

const host = openHostFiles();
const MAPS = host?.canMap ?? false;
const WHY = `host files can be mapped (${host?.cannotMapReason ?? 'no native code here'})`;

interface Pool extends Disposable {
  /** The client's own descriptor. */
  readonly fd: number;
  buffer(offset: number, size?: Size): { buffer: ShmBuffer; destroy(): void };
}

let nextId = 1_000_000;

/** A wl_shm_pool over `fd`, which stays the client's. */
function poolOf(desktop: TestDesktop, files: HostFiles, fd: number): Pool {
  const memory = {
    fd: desktop.kernel.adopt(desktop.task, files.dup(fd)),
    owner: files,
    size: files.size(fd),
  };
  const lifetime = new Lifetime();
  const hold = lifetime.hold('wl_shm_pool');
  lifetime.whenEnded(() => desktop.task.close(memory.fd));
  return {
    fd,
    buffer: (offset, { width, height } = { width: 32, height: 32 }) => {
      const pool = lifetime.hold('wl_buffer');
      const id = nextId++;
      const buffer: ShmBuffer = {
        kind: 'shm',
        id,
        label: `buffer ${id}`,
        format: DRM_FORMAT_XRGB8888,
        width,
        height,
        stride: width * 4,
        byteLength: width * 4 * height,
        offset,
        memory,
        lifetime: new Lifetime(),
        fault: message => expect.fail(message),
      };
      const own = buffer.lifetime.hold('wl_buffer');
      buffer.lifetime.whenEnded(() => pool[Symbol.dispose]());
      return { buffer, destroy: () => own[Symbol.dispose]() };
    },
    [Symbol.dispose]: () => hold[Symbol.dispose](),
  };
}

const solid = (colour: number): Uint8Array => new Uint8Array(new Uint32Array(1024).fill(colour).buffer);

describe.runIf(MAPS)(`where ${WHY}`, () => {
  const files = host!;
  const opened: number[] = [];
  const memfd = (name: string, bytes: number): number => {
    const fd = files.memfd(name, bytes);
    opened.push(fd);
    return fd;
  };
  afterEach(() => {
    for (const fd of opened.splice(0)) files.close(fd);
  });

  const windowAt = (desktop: TestDesktop, { x, y }: Point): Surface =>
    desktop.window('window', { x, y, width: 32, height: 32 });

  it('shows buffers anywhere in sparse pools of 512 MB, each by the pages it has', () => {
    const desktop = new TestDesktop(createDevices, { host: files });
    const surface = windowAt(desktop, { x: 0, y: 0 });
    const pools = [1, 2, 3].map(() => poolOf(desktop, files, memfd('scrolled', 512 << 20)));
    const before = { open: files.open, descriptors: desktop.task.files.size };
    let last: { destroy(): void } | null = null;
    for (let frame = 0; frame < 566; frame++) {
      const pool = pools[frame % 3]!;
      // Scrolling by offsets: multiples of 1024, hardly ever of a page.
      const offset = frame * 1024 * 900;
      files.pwrite(pool.fd, solid(0x010203 + frame), offset);
      const { buffer, destroy } = pool.buffer(offset);
      desktop.commit(surface, buffer);
      last?.destroy();
      last = { destroy };
      desktop.frames(1);
      if (frame % 113 === 0)
        expect(desktop.screenshot().at(31, 31)).toBe((0x010203 + frame).toString(16).padStart(6, '0'));
    }
    // Two pages around each buffer, and never a pool: what is kept for the next use has a limit.
    expect(desktop.kernel.memory.windows.mapped).toBeLessThanOrEqual(64 << 20);
    expect(desktop.task.files.size - before.descriptors).toBeLessThan(8);
    expect(desktop.trace.notes('fault')).toEqual([]);
    surface.destroy();
    last?.destroy();
    for (const pool of pools) pool[Symbol.dispose]();
    desktop.frames(3);
    expect(files.open).toBe(before.open - pools.length);
    expect(desktop.kernel.memory.windows.mapped).toBeLessThan(1 << 20);
    desktop[Symbol.dispose]();
  });

  it('shows live buffers of a pool that grows eight times', () => {
    const desktop = new TestDesktop(createDevices, { host: files });
    const fd = memfd('cursors', 4096);
    const pool = poolOf(desktop, files, fd);
    const live = [];
    for (let size = 4096, at = 0; size <= 1 << 19; size *= 2, at++) {
      files.truncate(fd, size);
      const offset = size - 4096;
      files.pwrite(fd, solid(0x100000 * (at + 1)), offset);
      const { buffer, destroy } = pool.buffer(offset);
      const surface = windowAt(desktop, { x: at * 4, y: 0 });
      desktop.commit(surface, buffer);
      live.push({ surface, destroy });
      desktop.frames(1);
    }
    expect(live).toHaveLength(8);
    const shot = desktop.screenshot();
    expect(live.map((_, at) => shot.at(at * 4, 8))).toEqual(
      live.map((_, at) => (0x100000 * (at + 1)).toString(16)),
    );
    desktop[Symbol.dispose]();
  });

  it('has nothing left of 350 pools of one buffer each', () => {
    const desktop = new TestDesktop(createDevices, { host: files });
    const surface = windowAt(desktop, { x: 0, y: 0 });
    const open = files.open;
    const memory = desktop.kernel.memory.used;
    let previous: (() => void) | null = null;
    for (let count = 0; count < 350; count++) {
      const fd = files.memfd('frame', 4096);
      const pool = poolOf(desktop, files, fd);
      const { buffer, destroy } = pool.buffer(0);
      pool[Symbol.dispose]();
      files.close(fd);
      desktop.commit(surface, buffer);
      previous?.();
      previous = destroy;
      desktop.frames(1);
      expect(files.open - open).toBeLessThan(8);
    }
    previous?.();
    surface.destroy();
    desktop.frames(3);
    expect(files.open).toBeLessThanOrEqual(open + 2);
    expect(desktop.kernel.memory.used - memory).toBeLessThan(1 << 20);
    desktop[Symbol.dispose]();
  });

  it('maps no more than there is room for: what was used longest ago goes', () => {
    const desktop = new TestDesktop(createDevices, { host: files });
    const surface = windowAt(desktop, { x: 0, y: 0 });
    const size = { width: 2048, height: 2048 };
    const bytes = 4 * size.width * size.height;
    // Twice as much as the machine has.
    const count = (512 << 20) / bytes;
    const fd = memfd('large', count * bytes);
    const pool = poolOf(desktop, files, fd);
    const buffers = Array.from({ length: count }, (_, at) => pool.buffer(at * bytes, size).buffer);
    for (let round = 0; round < 2; round++)
      for (const [at, buffer] of buffers.entries()) {
        files.pwrite(fd, solid(0x010101 * (at + 1)), at * bytes);
        desktop.commit(surface, buffer);
        desktop.frames(2);
      }
    expect(desktop.trace.notes('fault')).toEqual([]);
    expect(desktop.screenshot().at(3, 0)).toBe((0x010101 * count).toString(16));
    expect(desktop.kernel.memory.windows.mapped).toBeLessThanOrEqual(256 << 20);
    desktop[Symbol.dispose]();
  });

  it('copies a buffer that is larger than a udmabuf may be', () => {
    const desktop = new TestDesktop(createDevices, { host: files });
    const surface = windowAt(desktop, { x: 0, y: 0 });
    const size = { width: 4096, height: 4100 };
    const fd = memfd('vast', 4 * size.width * size.height);
    files.pwrite(fd, solid(0x123456), 0);
    const { buffer } = poolOf(desktop, files, fd).buffer(0, size);
    const uses = [desktop.commit(surface, buffer)];
    desktop.frames(2);
    uses.push(desktop.commit(surface, buffer));
    // The first was found out when it was drawn; from then on it is known at the commit.
    expect(uses.map(({ released }) => released)).toEqual([true, true]);
    expect(desktop.screenshot().at(3, 0)).toBe('123456');
    desktop[Symbol.dispose]();
  });

  it('outlives a file that has no seals and is cut short at any time', () => {
    const directory = mkdtempSync(join(tmpdir(), 'fencepost-shm-'));
    const fd = openSync(join(directory, 'pool'), 'w+');
    rmSync(directory, { recursive: true });
    const desktop = new TestDesktop(createDevices, { host: files });
    files.truncate(fd, 8192);
    const pool = poolOf(desktop, files, fd);
    const other = windowAt(desktop, { x: 32, y: 0 });
    const good = poolOf(desktop, files, memfd('good', 4096)).buffer(0).buffer;
    files.pwrite(pool.fd, solid(0x00ff00), 4096);
    const faults: string[] = [];
    const { buffer } = pool.buffer(4096);
    const cut = { ...buffer, fault: (message: string) => faults.push(message) };
    const surface = windowAt(desktop, { x: 0, y: 0 });
    const use = desktop.commit(surface, cut);
    expect(use.released).toBe(true);
    files.truncate(fd, 100);
    // What was copied is shown; what is read next is not there.
    expect(desktop.screenshot().at(5, 5)).toBe('00ff00');
    desktop.commit(surface, cut, { damage: Region.of({ x: 0, y: 8, width: 1, height: 1 }) });
    desktop.commit(other, good);
    desktop.frames(2);
    expect(faults).toEqual([expect.stringContaining('cut short')]);
    expect(desktop.screenshot().at(40, 5)).toBe('000000');
    closeSync(fd);
    desktop[Symbol.dispose]();
  });
});
