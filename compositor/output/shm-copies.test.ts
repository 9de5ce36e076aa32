// wl_shm memory that can't be sealed against shrinking: copied when a commit takes effect, and given back.
import { expect, it, vi } from 'vitest';
import { F_GET_SEALS, F_SEAL_GROW, F_SEAL_SHRINK } from '../../protocol/uapi/fcntl.ts';
import { createDevices } from '../devices.ts';
import type { BufferUse } from '../scene/buffer-use.ts';
import { Region } from '../scene/region.ts';
import { TestClient, TestDesktop } from './testing.ts';

const WHOLE = { x: 0, y: 0, width: 64, height: 48 };
const ROW = 64 * 4;

/** Bytes that the compositor reads of files while `run` does something. */
function bytesRead(desktop: TestDesktop, run: () => void): number {
  let bytes = 0;
  const pread = desktop.task.pread.bind(desktop.task);
  const spy = vi.spyOn(desktop.task, 'pread').mockImplementation((fd, target, offset) => {
    const count = pread(fd, target, offset);
    bytes += count;
    return count;
  });
  run();
  spy.mockRestore();
  return bytes;
}

it('reads memory that cannot be sealed by copying it, and disconnects who cuts it short', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', { x: 0, y: 0, width: 64, height: 48 });
  const buffer = client.shm(64, 48, { sealable: false });
  client.fill(buffer, 0x123456);
  desktop.commit(surface, buffer);
  expect(desktop.screenshot().at(5, 5)).toBe('123456');
  client.task.truncate(client.numbers.get(buffer)!, 4096n);
  desktop.commit(surface, buffer);
  desktop.frames(3);
  expect(buffer.faults).toEqual([expect.stringContaining('cut short')]);
});

it('gives a copied buffer back with the commit, before done, and shows what was committed', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', { x: 0, y: 0, width: 64, height: 48 });
  const buffer = client.shm(64, 48, { sealable: false });
  const colours = [0x110000, 0x220000, 0x330000, 0x440000, 0x550000];
  for (const colour of colours) {
    client.fill(buffer, colour);
    surface.pending.frameCallbacks.push({ done: () => desktop.events.push('done') });
    const use = desktop.commit(surface, buffer, { name: 'one' });
    expect(use.released).toBe(true);
    client.fill(buffer, 0xffffff);
    desktop.frames(2);
    // Drawn anew from the copy: the client's memory says something else by now.
    const cover = desktop.window('cover', { x: 0, y: 0, width: 8, height: 8 });
    desktop.commit(cover, client.singlePixel(0xff00ff00));
    desktop.frames(2);
    cover.destroy();
    expect(desktop.screenshot().at(5, 5)).toBe(colour.toString(16).padStart(6, '0'));
  }
  const own = desktop.events.filter(event => event === 'done' || event === 'release one');
  expect(own).toEqual(colours.flatMap(() => ['release one', 'done']));
});

it('keeps a copy for as long as it is shown, whatever the client destroys', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', { x: 0, y: 0, width: 64, height: 48 });
  const cover = desktop.window('cover', { x: 0, y: 0, width: 8, height: 8 });
  desktop.commit(cover, client.singlePixel(0xff00ff00));
  desktop.frames(2);
  const before = desktop.task.files.size;
  const buffer = client.shm(64, 48, { sealable: false });
  client.fill(buffer, 0x123456);
  desktop.commit(surface, buffer);
  desktop.frames(2);
  client.destroy(buffer);
  cover.destroy();
  expect(desktop.screenshot().at(5, 5)).toBe('123456');
  expect(buffer.lifetime.ended).toBe(false);
  surface.destroy();
  desktop.frames(2);
  expect(buffer.lifetime.ended).toBe(true);
  expect(desktop.task.files.size).toBeLessThanOrEqual(before);
});

it('goes on without a buffer that there is no memory to copy', () => {
  const desktop = new TestDesktop(options => createDevices({ ...options, memoryBytes: 64 << 20 }));
  const client = new TestClient(desktop);
  const small = client.shm(64, 48, { sealable: false });
  const vast = { ...small, width: 8192, height: 4608, stride: 32768, byteLength: 32768 * 4608 };
  desktop.commit(desktop.window('vast', { x: 0, y: 0, width: 64, height: 48 }), vast);
  const good = client.shm(16, 16);
  client.fill(good, 0x00ff00);
  desktop.commit(desktop.window('good', { x: 32, y: 0, width: 16, height: 16 }), good);
  expect(desktop.screenshot().at(40, 8)).toBe('00ff00');
  expect(desktop.trace.notes('fault').map(({ text }) => text)).toEqual([
    `${vast.label} cannot be drawn from for now`,
  ]);
});

it('reads the damaged rows alone, of all commits since a copy was made', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', WHOLE);
  const buffer = client.shm(64, 48, { sealable: false });
  const pixels = new Uint32Array(64 * 48).fill(0x101010);
  const draw = (row: number, colour: number): number => {
    pixels.fill(colour, row * 64, row * 64 + 64);
    client.write(buffer, pixels);
    const damage = Region.of({ x: 8, y: row, width: 4, height: 1 });
    const bytes = bytesRead(desktop, () => desktop.commit(surface, buffer, { damage }));
    desktop.frames(2);
    return bytes;
  };
  client.write(buffer, pixels);
  expect(bytesRead(desktop, () => desktop.commit(surface, buffer))).toBe(48 * ROW);
  desktop.frames(2);
  expect([10, 20, 30].map(row => draw(row, 0xff0000))).toEqual([ROW, ROW, ROW]);
  const shot = desktop.screenshot();
  expect([9, 10, 20, 30, 31].map(row => shot.at(8, row))).toEqual([
    '101010',
    'ff0000',
    'ff0000',
    'ff0000',
    '101010',
  ]);
});

it('does not write a copy that a job reads: the next one gets what both changed', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', WHOLE);
  const buffer = client.shm(64, 48, { sealable: false });
  for (let frame = 0; frame < 40; frame++) {
    const pixels = new Uint32Array(64 * 48).fill(0x10101 * frame);
    client.write(buffer, pixels);
    // Commits meet the display's jobs at every phase.
    desktop.commit(surface, buffer, { damage: Region.of({ ...WHOLE, y: 0, height: 48 }) });
    desktop.machine.advance(5_000_000n + BigInt(frame) * 100_000n);
  }
  desktop.frames(2);
  expect(desktop.screenshot().at(5, 5)).toBe('272727');
  expect(desktop.trace.notes('fault')).toEqual([]);
});

it('copies a surface that nobody sees', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.scene.createSurface('cursor of nobody');
  const buffer = client.shm(16, 16, { sealable: false });
  const use = desktop.commit(surface, buffer);
  expect(use.released).toBe(true);
  client.destroy(buffer);
  surface.destroy();
  expect(buffer.lifetime.ended).toBe(true);
});

it('costs a few copies when commits come without end, and gives every buffer back soon', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', WHOLE);
  const buffers = Array.from({ length: 4 }, () => client.shm(64, 48, { sealable: false }));
  const commits = 1000;
  const bytes = bytesRead(desktop, () => {
    for (let count = 0; count < commits; count++) {
      const buffer = buffers[count % 4]!;
      if (count === commits - 1) client.fill(buffer, 0x00ff00);
      desktop.commit(surface, buffer, { name: `${count}` });
      desktop.machine.advance(100_000n);
    }
    desktop.frames(1);
  });
  expect(desktop.events.filter(event => event.startsWith('release'))).toHaveLength(commits);
  // 100 ms are thirteen periods.
  expect(bytes / (48 * ROW)).toBeLessThan(50);
  expect(desktop.screenshot().at(5, 5)).toBe('00ff00');
});

/** Reading of files takes time: so many nanoseconds for each byte. */
function slowReads(desktop: TestDesktop, each: bigint): { readonly bytes: number } & Disposable {
  let bytes = 0;
  const pread = desktop.task.pread.bind(desktop.task);
  const now = desktop.machine.now.bind(desktop.machine);
  const spies = [
    vi.spyOn(desktop.task, 'pread').mockImplementation((fd, target, offset) => {
      const count = pread(fd, target, offset);
      bytes += count;
      return count;
    }),
    vi.spyOn(desktop.machine, 'now').mockImplementation(() => now() + BigInt(bytes) * each),
  ];
  return {
    get bytes() {
      return bytes;
    },
    [Symbol.dispose]: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

it('reads the pixels alone of rows that lie far apart', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', { x: 0, y: 0, width: 8, height: 6 });
  const memory = client.shm(64, 48, { sealable: false });
  client.fill(memory, 0x123456);
  // Six rows of eight pixels, each after the 56 of others.
  const buffer = { ...memory, width: 8, height: 6, stride: ROW, byteLength: 5 * ROW + 32 };
  expect(bytesRead(desktop, () => desktop.commit(surface, buffer))).toBe(6 * 8 * 4);
  expect(desktop.screenshot().at(7, 5)).toBe('123456');
});

it('refuses to copy more pixels than any screen has, and says what to do instead', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', WHOLE);
  const memory = client.shm(64, 48, { sealable: false });
  const buffer = { ...memory, width: 32767, height: 15000, stride: 131068, byteLength: 131068 * 15000 };
  expect(bytesRead(desktop, () => desktop.commit(surface, buffer))).toBe(0);
  desktop.frames(2);
  expect(memory.faults).toEqual([expect.stringMatching(/32767x15000 pixels .* use a memfd/)]);
});

it('takes an eighth of the time for the copies of a client that commits in every frame, on all its surfaces', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surfaces = [0, 32].map(x => desktop.window(`window ${x}`, { x, y: 0, width: 32, height: 48 }));
  const buffers = surfaces.map(() => client.shm(32, 48, { sealable: false }));
  const each = 2000n;
  {
    using reads = slowReads(desktop, each);
    // A copy takes 12 ms, which is most of a frame.
    const from = desktop.machine.now();
    for (let frame = 0; frame < 120; frame++) {
      for (const [at, surface] of surfaces.entries()) desktop.commit(surface, buffers[at]!);
      desktop.frames(1);
    }
    const share = Number(BigInt(reads.bytes) * each) / Number(desktop.machine.now() - from);
    expect(reads.bytes).toBeGreaterThan(5 * 32 * 48 * 4);
    expect(share).toBeLessThan(0.16);
  }
});

it('shows the earlier copy until there is time for the next, and then that one', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', WHOLE);
  const buffer = client.shm(64, 48, { sealable: false });
  const shown: { colour: number; released: boolean }[] = [];
  let use: BufferUse | null = null;
  desktop.simkms.attachMonitor(desktop.display.list[0]!.info.name, {
    frame: ({ address }) => {
      const [pixel = 0] = new Uint32Array(desktop.memory.buffer, address, 1);
      shown.push({ colour: pixel & 0xffffff, released: use?.released ?? false });
    },
  });
  {
    using _ = slowReads(desktop, 5000n);
    client.fill(buffer, 0x00ff00);
    desktop.commit(surface, buffer);
    client.fill(buffer, 0x0000ff);
    use = desktop.commit(surface, buffer);
  }
  desktop.frames(30);
  const late = shown.filter(({ released }) => !released);
  expect(late.length).toBeGreaterThan(3);
  expect(late.every(({ colour }) => colour === 0x00ff00)).toBe(true);
  expect(shown.at(-1)).toEqual({ colour: 0x0000ff, released: true });
});

it('gives the memory of its copies back with the content, with the size and with the surface', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', WHOLE);
  desktop.commit(surface, client.singlePixel(0xff000000));
  desktop.frames(4);
  const before = desktop.kernel.memory.used;
  const used = (): number => {
    desktop.frames(4);
    return desktop.kernel.memory.used - before;
  };
  const [large, small] = [[64, 48] as const, [16, 16] as const].map(([width, height]) => {
    const buffer = client.shm(width, height, { sealable: false });
    return { buffer, bytes: Math.ceil((width * height * 4) / 4096) * 4096 };
  });
  const pools = used();
  for (let round = 0; round < 5; round++) {
    for (const { buffer, bytes } of [large!, small!]) {
      desktop.commit(surface, buffer);
      desktop.commit(surface, buffer);
      expect(used() - pools).toBeLessThanOrEqual(3 * Math.max(bytes, 1 << 16));
    }
    desktop.commit(surface, client.singlePixel(0xff000000));
    expect(used()).toBe(pools);
  }
  desktop.commit(surface, large!.buffer);
  surface.destroy();
  expect(used()).toBe(pools);
});

it('shares the last page of a file that is no multiple of pages long, unless it may not grow', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  for (const seals of [0, F_SEAL_GROW]) {
    const surface = desktop.window('window', { x: 0, y: 0, width: 25, height: 25 });
    const buffer = client.shm(25, 25);
    const own = client.numbers.get(buffer)!;
    client.task.truncate(own, 2500n);
    client.seal(own, seals);
    client.fill(buffer, 0x123456);
    const bytes = bytesRead(desktop, () => {
      desktop.commit(surface, buffer);
      expect(desktop.screenshot().at(24, 24)).toBe('123456');
    });
    expect(bytes).toBe(seals === 0 ? 0 : 2500);
    expect(desktop.task.fcntl(buffer.memory.fd, F_GET_SEALS) & F_SEAL_SHRINK).not.toBe(0);
    surface.destroy();
  }
});
