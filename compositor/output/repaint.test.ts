import { expect, it } from 'vitest';
import { modeIoctls } from '../../protocol/uapi/drm-mode.ts';
import { SIMGPU_OP_SPIN, SIMGPU_SPIN_FOREVER, simgpuIoctls } from '../../protocol/uapi/simgpu.ts';
import { createDevices } from '../devices.ts';
import { KernelError } from '../kernel/task/index.ts';
import { Region } from '../scene/region.ts';
import { captureDefaults, TestClient, TestDesktop } from './testing.ts';

const SMALL = { x: 4, y: 4, width: 16, height: 16 };
const TEST_ONLY = 0x100;
const REFRESH = 16_666_667n;

/** Runs until nothing but the flow of time is left. */
function rest(desktop: TestDesktop): void {
  desktop.frames(4);
}

/** The next render job of the compositor does not end by itself. */
function hangNextJob({ task }: TestDesktop): void {
  const call = task.call;
  const hanging = (fd: number, ioctl: unknown, value: { commands: unknown[] }): unknown => {
    if (ioctl !== simgpuIoctls.SIMGPU_SUBMIT) return Reflect.apply(call, task, [fd, ioctl, value]);
    task.call = call;
    const spin = { opcode: SIMGPU_OP_SPIN, duration_ns: SIMGPU_SPIN_FOREVER };
    return Reflect.apply(call, task, [fd, ioctl, { ...value, commands: [spin, ...value.commands] }]);
  };
  Object.assign(task, { call: hanging });
}

it('costs nothing while nothing changes', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const buffer = client.shm(16, 16);
  desktop.commit(desktop.window('window', SMALL), buffer);
  rest(desktop);
  expect(desktop.display.statistics.outputs[0]?.state).toBe('idle');
  expect(desktop.machine.ready).toBe(0);
  let entries = 0;
  const idle = desktop.machine.now() + 1_000_000_000n;
  while (desktop.machine.step(idle)) entries++;
  // The vblank interrupt is switched off after a while; nothing else is left.
  expect(entries).toBeLessThan(5);
  expect(desktop.simkms.statistics('Virtual-1').framesScanned).toBe(0);
});

it('begins late before the vblank, and not a frame late from idle', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', SMALL);
  const buffers = [client.shm(16, 16), client.shm(16, 16)];
  desktop.commit(surface, buffers[0]!);
  rest(desktop);
  for (const offset of [0n, 5_000_000n, 10_000_000n]) {
    desktop.machine.advance(137n * REFRESH + offset);
    const answers = desktop.follow(surface, 'frame');
    const committed = desktop.machine.now();
    desktop.commit(surface, buffers[1]!);
    desktop.machine.runUntil(() => answers.presented.length > 0, 100_000_000n);
    expect(answers.presented[0]!.time - committed).toBeLessThanOrEqual(REFRESH + 4_000_000n);
  }
  const { missedVblanks } = desktop.display.statistics;
  expect(missedVblanks).toBe(0);
  // A commit shortly before the deadline is still in time.
  const answers = desktop.follow(surface, 'first');
  desktop.commit(surface, buffers[0]!);
  desktop.machine.runUntil(() => answers.presented.length > 0, 100_000_000n);
  const vblank = answers.presented[0]!.time;
  desktop.machine.advanceTo(vblank + REFRESH - 4_500_000n);
  const next = desktop.follow(surface, 'second');
  desktop.commit(surface, buffers[1]!);
  desktop.machine.runUntil(() => next.presented.length > 0, 100_000_000n);
  expect(next.presented[0]!.sequence).toBe(answers.presented[0]!.sequence + 1n);
});

it('answers callbacks of commits that change nothing at the pace of the display, without a commit', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', SMALL);
  const buffer = client.shm(16, 16);
  desktop.commit(surface, buffer);
  rest(desktop);
  const frames = desktop.display.statistics.outputs[0]!.frames;
  for (let round = 1; round <= 3; round++) {
    surface.pending.frameCallbacks.push({ done: () => desktop.events.push('done') });
    surface.commit(undefined, null);
    desktop.machine.settle();
    expect(desktop.events).toHaveLength(round - 1);
    desktop.machine.runUntil(() => desktop.events.length === round, 2n * REFRESH);
  }
  expect(desktop.display.statistics.outputs[0]!.frames).toBe(frames);
});

it('says so when the pixels were late', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', SMALL);
  const glass = desktop.window('glass', SMALL);
  desktop.commit(glass, client.shm(16, 16, { format: 0x34325241 }));
  const buffer = client.dmabuf(16, 16);
  desktop.commit(surface, buffer);
  desktop.raise(glass);
  rest(desktop);
  // Somebody else keeps the engine busy for longer than a refresh.
  client.render(client.dmabuf(16, 16), 0, 40_000_000n);
  desktop.commit(surface, buffer);
  desktop.frames(6);
  expect(desktop.display.statistics.outputs[0]!.misses['late render']).toBeGreaterThan(0);
  expect(desktop.log.join('\n')).toContain('late render');
});

it('keeps as many descriptors after 2,000 frames as after 100', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const video = desktop.window('video', { x: 0, y: 0, width: 32, height: 32 });
  const text = desktop.window('text', { x: 16, y: 16, width: 16, height: 16 });
  const images = [client.dmabuf(32, 32), client.dmabuf(32, 32), client.dmabuf(32, 32)];
  const pages = [client.shm(16, 16), client.shm(16, 16)];
  let early = 0;
  for (let frame = 0; frame < 2000; frame++) {
    desktop.commit(video, images[frame % 3]!);
    // Every so often the text is on top, and the video has to be composed.
    if (frame % 50 === 0) desktop.commit(text, pages[(frame / 50) % 2]!, { damage: Region.infinite });
    desktop.frames(1);
    desktop.events.length = 0;
    if (frame === 100) early = desktop.task.files.size;
  }
  rest(desktop);
  expect(Math.abs(desktop.task.files.size - early)).toBeLessThanOrEqual(4);
  expect(desktop.counters.releases).toBeGreaterThan(1900);
});

it('goes on when a flip event is lost', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', SMALL);
  desktop.commit(surface, client.shm(16, 16));
  rest(desktop);
  const { read } = desktop.task;
  desktop.task.read = (fd, length) => {
    read.call(desktop.task, fd, length);
    return new Uint8Array(0);
  };
  desktop.follow(surface, 'lost');
  desktop.commit(surface, client.shm(16, 16));
  desktop.machine.advance(1_000_000_000n);
  expect(desktop.display.statistics.outputs[0]!.state).toBe('flipping');
  desktop.task.read = read;
  desktop.machine.advance(5_000_000_000n);
  expect(desktop.events).toContain('done lost');
  const answers = desktop.follow(surface, 'next');
  desktop.commit(surface, client.shm(16, 16));
  rest(desktop);
  expect(answers.presented).toHaveLength(1);
  expect(desktop.log.join('\n')).toContain('no flip within 5 s');
});

it('shows the frame once the engine that was hung has been reset', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', SMALL);
  rest(desktop);
  client.render(client.dmabuf(16, 16), 0xff0000, 0xffff_ffff_ffff_ffffn);
  const answers = desktop.follow(surface, 'frame');
  desktop.commit(surface, client.shm(16, 16));
  desktop.machine.advance(1_900_000_000n);
  expect(answers.presented).toHaveLength(0);
  desktop.machine.advance(300_000_000n);
  expect(answers.presented).toHaveLength(1);
});

it('captures into the client’s dma-buf, with damage since its last image', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', SMALL);
  const page = client.shm(16, 16);
  client.fill(page, 0x445566);
  desktop.commit(surface, page);
  rest(desktop);
  const buffer = client.dmabuf(64, 48);
  const output = desktop.display.list[0]!;
  const results: { damage: Region; time: bigint }[] = [];
  const capture = (since?: bigint) =>
    output.capture({
      ...captureDefaults,
      ...(since === undefined ? {} : { since }),
      buffer,
      immediate: since === undefined,
      ready: result => results.push(result),
      failed: reason => expect.fail(reason),
    });
  capture();
  desktop.frames(4);
  expect(results).toHaveLength(1);
  capture(results[0]!.time);
  desktop.frames(4);
  expect(results).toHaveLength(1);
  desktop.commit(surface, page, { damage: Region.of({ x: 0, y: 0, width: 4, height: 4 }) });
  desktop.frames(4);
  expect(results[1]?.damage.rects).toEqual([{ x: 4, y: 4, width: 4, height: 4 }]);
  // What was shown between two captures is not missed.
  desktop.commit(surface, page);
  desktop.frames(4);
  capture(results[1]!.time);
  desktop.frames(4);
  expect(results[2]?.damage.rects).toEqual([SMALL]);
});

it('says which buffers cannot take a capture', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const reasons: string[] = [];
  for (const buffer of [client.shm(32, 32), client.dmabuf(64, 48, 0x3231564e)])
    desktop.display.list[0]!.capture({
      ...captureDefaults,
      buffer,
      immediate: true,
      ready: () => expect.fail('it was captured'),
      failed: reason => reasons.push(reason),
    });
  desktop.machine.settle();
  expect(reasons).toEqual(['buffer-constraints', 'buffer-constraints']);
});

it('counts what is shown', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', { x: 0, y: 0, width: 64, height: 48 });
  const page = client.shm(64, 48);
  client.fill(page, 0x10a020);
  desktop.commit(surface, page);
  rest(desktop);
  const records: Uint8Array[] = [];
  const ask = (immediate: boolean) =>
    desktop.display.list[0]!.histogram({
      immediate,
      record: bytes => records.push(bytes),
      stopped: () => expect.fail('stopped'),
    });
  ask(true);
  desktop.frames(4);
  ask(false);
  desktop.frames(4);
  expect(records).toHaveLength(1);
  desktop.commit(surface, page);
  desktop.frames(4);
  expect(records).toHaveLength(2);
  const view = new DataView(records[1]!.buffer);
  // Bins follow the head of the record; the brightest channel has 0xa0.
  const bins = Array.from({ length: 256 }, (_, bin) =>
    view.getUint32(records[1]!.length - 1024 + bin * 4, true),
  );
  expect(bins[0xa0]).toBe(64 * 48);
});

it('answers the callbacks of frames that were never drawn when the output goes', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', { x: 0, y: 0, width: 64, height: 48 });
  desktop.commit(surface, client.shm(64, 48));
  rest(desktop);
  // Nothing to draw: the callback waits for a vblank, and is carried along by what is drawn after all.
  surface.pending.frameCallbacks.push({ done: () => desktop.events.push('done') });
  surface.commit(undefined, null);
  desktop.machine.runUntil(
    () => desktop.display.statistics.outputs[0]!.state === 'pacing',
    50_000_000n,
    'waiting for a vblank',
  );
  desktop.commit(surface, client.shm(64, 48));
  expect(desktop.display.statistics.outputs[0]!.state).toBe('scheduled');
  desktop.display.remove('Virtual-1');
  desktop.frames(2);
  expect(desktop.events.filter(event => event === 'done')).toHaveLength(1);
});

it('draws everything again when the engine was reset in the middle of a frame', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', { x: 0, y: 0, width: 64, height: 48 });
  const [red, green] = [client.shm(64, 48), client.shm(64, 48)];
  client.fill(red, 0xff0000);
  client.fill(green, 0x00ff00);
  desktop.commit(surface, red);
  rest(desktop);
  hangNextJob(desktop);
  desktop.commit(surface, green);
  // The job is stopped after seconds of device time, the frame shown as it is, and the next one is drawn.
  desktop.frames(600);
  expect(desktop.trace.notes('fault').map(({ text }) => text)).toContainEqual(
    expect.stringContaining('all of it is drawn again'),
  );
  desktop.frames(10);
  expect(desktop.screenshot().at(30, 30)).toBe('00ff00');
  expect(desktop.display.statistics.outputs[0]!.state).toBe('idle');
});

it('draws a cursor again when the engine was reset in the middle of it', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const image = client.shm(8, 8);
  client.fill(image, 0x00ff00);
  rest(desktop);
  hangNextJob(desktop);
  desktop.commit(desktop.cursor('pointer', { x: 30, y: 30 }), image);
  desktop.frames(600);
  expect(desktop.screenshot('Virtual-1', { paintCursors: true }).at(32, 32)).toBe('00ff00');
  expect(desktop.display.statistics.outputs[0]!.state).toBe('idle');
});

it('counts again after frames that could not be committed', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const surface = desktop.window('window', { x: 0, y: 0, width: 64, height: 48 });
  const page = client.shm(64, 48);
  desktop.commit(surface, page);
  rest(desktop);
  let records = 0;
  desktop.display.list[0]!.histogram({
    immediate: true,
    record: () => records++,
    stopped: () => expect.fail('stopped'),
  });
  const { task } = desktop;
  const call = task.call;
  let busy = 5;
  Object.assign(task, {
    call: (fd: number, ioctl: unknown, value: { flags: number }): unknown => {
      const commits = ioctl === modeIoctls.DRM_IOCTL_MODE_ATOMIC && (value.flags & TEST_ONLY) === 0;
      if (commits && busy-- > 0) throw new KernelError('EBUSY', 'a test');
      return Reflect.apply(call, task, [fd, ioctl, value]);
    },
  });
  desktop.frames(12);
  expect([records, busy]).toEqual([1, -1]);
});

it('tells who asks of an output that is gone', () => {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  rest(desktop);
  const output = desktop.display.list[0]!;
  const answers: string[] = [];
  const ask = (): void => {
    output.capture({
      ...captureDefaults,
      buffer: client.shm(64, 48),
      immediate: true,
      ready: () => answers.push('ready'),
      failed: reason => answers.push(reason),
    });
    output.histogram({
      immediate: true,
      record: () => answers.push('record'),
      stopped: () => answers.push('no record'),
    });
  };
  ask();
  desktop.display.remove('Virtual-1');
  ask();
  desktop.frames(4);
  expect(answers).toEqual(['stopped', 'no record', 'stopped', 'no record']);
  expect(desktop.simkms.statistics('Virtual-1').framesScanned).toBe(0);
});
