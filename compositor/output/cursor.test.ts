import { describe, expect, it } from 'vitest';
import { DRM_FORMAT_ARGB8888 } from '../../protocol/uapi/fourcc.ts';
import { createDevices } from '../devices.ts';
import { KernelError } from '../kernel/task/index.ts';
import { Region } from '../scene/region.ts';
import { Card } from './card.ts';
import { TestClient, TestDesktop } from './testing.ts';

const WITH_CURSOR = { paintCursors: true };

/** A screen in grey with a red cursor of 8x8 pixels, whose hot spot is at 2,2. */
function desk(options: ConstructorParameters<typeof TestDesktop>[1] = {}) {
  const desktop = new TestDesktop(createDevices, options);
  const client = new TestClient(desktop);
  const page = client.shm(64, 48);
  client.fill(page, 0x808080);
  desktop.commit(desktop.window('page', { x: 0, y: 0, width: 64, height: 48 }), page);
  const surface = desktop.cursor('pointer', { x: 20, y: 10 }, { x: 2, y: 2 });
  const image = client.shm(8, 8, { format: DRM_FORMAT_ARGB8888 });
  client.fill(image, 0xffff0000);
  desktop.commit(surface, image);
  desktop.frames(3);
  return { desktop, client, surface };
}

const verdicts = (desktop: TestDesktop): string[] => desktop.trace.notes('plane').map(({ text }) => text);
const statistics = (desktop: TestDesktop) => desktop.display.statistics.outputs[0]!;

describe('a cursor on its plane', () => {
  it('lies with its hot spot where the pointer is', () => {
    const { desktop } = desk();
    const shot = desktop.screenshot('Virtual-1', WITH_CURSOR);
    expect([shot.at(17, 8), shot.at(18, 8), shot.at(25, 15), shot.at(26, 16)]).toEqual([
      '808080',
      'ff0000',
      'ff0000',
      '808080',
    ]);
    expect(verdicts(desktop).join('\n')).toMatch(/pointer on Virtual-1: shown by cursor plane \d+/);
  });

  it('is blended with what lies below', () => {
    const { desktop, client, surface } = desk();
    const glass = client.shm(8, 8, { format: DRM_FORMAT_ARGB8888 });
    client.fill(glass, 0x80800000);
    desktop.commit(surface, glass);
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(20, 10)).toBe('c04040');
  });

  it('is told to who asks what the planes show', () => {
    const { desktop, surface } = desk();
    const cursor = (): unknown =>
      desktop.display.list[0]!.observe().planes.find(({ kind }) => kind === 'cursor');
    expect(cursor()).toMatchObject({
      content: { kind: 'cursor', surface },
      place: { x: 18, y: 8, width: 8, height: 8 },
    });
    desktop.scene.cursor = null;
    desktop.frames(3);
    expect(cursor()).toMatchObject({ content: { kind: 'off' } });
  });

  it('moves without anything being drawn, once for each vblank however often the pointer moves', () => {
    const { desktop } = desk();
    const before = statistics(desktop);
    // A second of a mouse that reports a thousand times.
    for (let step = 0; step < 1000; step++) {
      desktop.point(10 + (step % 40), 20);
      desktop.machine.advance(1_000_000n);
    }
    const after = statistics(desktop);
    expect(after.composited).toBe(before.composited);
    expect(after.frames - before.frames).toBeGreaterThan(50);
    expect(after.frames - before.frames).toBeLessThanOrEqual(61);
    desktop.frames(3);
    const shot = desktop.screenshot('Virtual-1', WITH_CURSOR);
    expect([shot.at(46, 20), shot.at(47, 20), shot.at(54, 20)]).toEqual(['808080', 'ff0000', 'ff0000']);
  });

  it('costs nothing while it rests', () => {
    const { desktop } = desk();
    const { frames } = statistics(desktop);
    desktop.point(20, 10);
    desktop.frames(10);
    expect(statistics(desktop)).toMatchObject({ frames, state: 'idle' });
  });

  it('is cut off at the edges, and off when nothing of it is left', () => {
    const { desktop } = desk();
    desktop.point(0, 0);
    const corner = desktop.screenshot('Virtual-1', WITH_CURSOR);
    expect([corner.at(0, 0), corner.at(5, 5), corner.at(6, 6)]).toEqual(['ff0000', 'ff0000', '808080']);
    desktop.point(63, 47);
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(61, 45)).toBe('ff0000');
    const shown = desktop.display.statistics.planesInUse;
    desktop.point(200, 47);
    desktop.frames(3);
    expect(desktop.display.statistics.planesInUse).toBe(shown - 1);
    desktop.point(20, 10);
    desktop.frames(3);
    expect(desktop.display.statistics.planesInUse).toBe(shown);
    desktop.scene.cursor = null;
    desktop.frames(3);
    expect(desktop.display.statistics.planesInUse).toBe(shown - 1);
  });

  it('costs no descriptor for each frame in which there is no memory for it', () => {
    const { desktop } = desk();
    const { task } = desktop;
    const pwrite = task.pwrite.bind(task);
    task.pwrite = () => {
      throw new KernelError('ENOSPC', 'not today');
    };
    const open = task.files.size;
    for (let x = 0; x < 5; x++) {
      desktop.scene.cursor = {
        position: { x, y: 10 },
        hotspot: { x: 0, y: 0 },
        content: { kind: 'shape', shape: 'default' },
      };
      desktop.frames(2);
    }
    expect(desktop.trace.notes('fault')[0]?.text).toContain('no memory for a cursor');
    expect(task.files.size).toBe(open);
    task.pwrite = pwrite;
    desktop.point(20, 10);
    desktop.frames(2);
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(20, 10)).not.toBe('808080');
  });

  it('lets no subsurface of its surface wait for ever, though none is shown', () => {
    const { desktop, client, surface } = desk();
    const child = desktop.scene.createSurface('child');
    surface.addChild(child)!.setSynchronised(false);
    surface.commit(undefined, null);
    const leaf = client.shm(4, 4);
    client.fill(leaf, 0x00ff00);
    for (let round = 0; round < 3; round++) {
      const answers = desktop.follow(child, 'child');
      desktop.commit(child, leaf);
      desktop.frames(3);
      expect(desktop.events.filter(event => event === 'done child')).toHaveLength(round + 1);
      expect(answers).toEqual({ presented: [], discarded: 1 });
    }
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(19, 9)).toBe('ff0000');
  });

  it('follows its surface: content, callbacks and feedback, by the frames of the output that it is on', () => {
    const { desktop, client, surface } = desk();
    const answers = desktop.follow(surface, 'cursor');
    const image = client.shm(8, 8, { format: DRM_FORMAT_ARGB8888 });
    client.fill(image, 0xff0000ff);
    desktop.commit(surface, image, { name: 'blue' });
    desktop.frames(2);
    expect(answers.presented).toHaveLength(1);
    expect(desktop.events).toContain('done cursor');
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(20, 10)).toBe('0000ff');
    const green = client.shm(8, 8, { format: DRM_FORMAT_ARGB8888 });
    client.fill(green, 0xff00ff00);
    desktop.commit(surface, green, { name: 'green' });
    expect(desktop.events).toContain('release blue');
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(20, 10)).toBe('00ff00');
  });

  it('answers a callback that comes without new content', () => {
    const { desktop, surface } = desk();
    surface.pending.frameCallbacks.push({ done: () => desktop.events.push('done') });
    surface.commit(undefined, null);
    desktop.frames(2);
    expect(desktop.events).toContain('done');
  });

  it('shows scale, transform and viewport as any surface', () => {
    const { desktop, client, surface } = desk();
    // Left half red, right half green, turned by 90 degrees, at twice the pixels: 8x8 logical.
    const halves = client.shm(16, 16, { format: DRM_FORMAT_ARGB8888 });
    client.write(
      halves,
      Uint32Array.from({ length: 256 }, (_, at) => (at % 16 < 8 ? 0xffff0000 : 0xff00ff00)),
    );
    surface.pending.transform = 1;
    surface.pending.scale = 2;
    desktop.commit(surface, halves);
    const shot = desktop.screenshot('Virtual-1', WITH_CURSOR);
    expect([shot.at(20, 9), shot.at(20, 14), shot.at(26, 9)]).toEqual(['ff0000', '00ff00', '808080']);
    surface.pending.viewport = { source: null, destination: { width: 20, height: 20 } };
    desktop.commit(surface, halves);
    const large = desktop.screenshot('Virtual-1', WITH_CURSOR);
    expect([large.at(37, 10), large.at(37, 26), large.at(38, 10)]).toEqual(['ff0000', '00ff00', '808080']);
  });

  it('is on both outputs while it crosses their edge, and its callbacks follow the hot spot', () => {
    const shape = { width: 64, height: 48, refresh: 60_000 };
    const { desktop, surface } = desk({ outputs: [shape, shape] });
    desktop.point(63, 10);
    desktop.frames(3);
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(63, 10)).toBe('ff0000');
    expect(desktop.screenshot('Virtual-2', WITH_CURSOR).at(4, 10)).toBe('ff0000');
    expect(desktop.scene.pacingOutput(surface)?.name).toBe('Virtual-1');
    desktop.point(66, 10);
    expect(desktop.scene.pacingOutput(surface)?.name).toBe('Virtual-2');
    desktop.point(100, 10);
    desktop.frames(3);
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(63, 10)).toBe('808080');
  });

  it('lies above a film that is scanned out, and leaves it there', () => {
    const { desktop, client } = desk();
    const film = desktop.window('film', { x: 0, y: 0, width: 64, height: 48 });
    desktop.commit(film, client.dmabuf(64, 48));
    desktop.frames(3);
    const { composited } = desktop.display.statistics;
    for (let step = 0; step < 5; step++) {
      desktop.point(10 + step, 10);
      desktop.commit(film, client.dmabuf(64, 48));
      desktop.frames(1);
    }
    expect(desktop.display.statistics.composited).toBe(composited);
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(14, 10)).toBe('ff0000');
  });

  it('goes with its surface', () => {
    const { desktop, surface } = desk();
    surface.destroy();
    desktop.frames(3);
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(20, 10)).toBe('808080');
  });
});

describe('a cursor without its plane', () => {
  /** Larger than the plane takes. */
  function large() {
    const { desktop, client, surface } = desk({ outputs: [{ width: 640, height: 480, refresh: 60_000 }] });
    const image = client.shm(300, 20, { format: DRM_FORMAT_ARGB8888 });
    client.fill(image, 0xffff0000);
    desktop.commit(surface, image);
    desktop.frames(3);
    return { desktop, client };
  }

  it('is composed above everything when it is too large, and draws what it uncovers', () => {
    const { desktop } = large();
    expect(verdicts(desktop).at(-1)).toMatch(/^pointer on Virtual-1: 300x20 pixels are more than/);
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(100, 20)).toBe('ff0000');
    desktop.point(20, 60);
    const shot = desktop.screenshot('Virtual-1', WITH_CURSOR);
    expect([shot.at(30, 20), shot.at(100, 20), shot.at(100, 60)]).toEqual(['808080', '000000', 'ff0000']);
    desktop.scene.cursor = null;
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(100, 60)).toBe('000000');
  });

  it('takes a film below it off its plane', () => {
    const { desktop, client } = large();
    const film = desktop.window('film', { x: 0, y: 0, width: 64, height: 48 });
    desktop.commit(film, client.dmabuf(64, 48));
    desktop.frames(3);
    expect(verdicts(desktop).join('\n')).toMatch(/film on Virtual-1: composed content lies above it/);
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(40, 15)).toBe('ff0000');
  });

  it('is composed for a while when the kernel refuses the plane, and tried there again', () => {
    const { desktop, client } = desk({ outputs: [{ width: 200, height: 100, refresh: 60_000 }] });
    const { task } = desktop;
    const call = task.call.bind(task);
    const card = new Card(task);
    const plane = card.pipes[0]!.cursor!.id;
    card[Symbol.dispose]();
    let refuses = true;
    task.call = (fd, ioctl, value) => {
      const { objs_ptr } = value as { objs_ptr?: readonly number[] };
      if (refuses && objs_ptr?.includes(plane)) throw new KernelError('EINVAL', 'not today');
      return call(fd, ioctl, value);
    };
    // Of another size: the kernel is asked again.
    const image = client.shm(70, 8, { format: DRM_FORMAT_ARGB8888 });
    client.fill(image, 0xff0000ff);
    desktop.scene.cursor = null;
    refuses = false;
    desktop.frames(3);
    refuses = true;
    const surface = desktop.cursor('wide', { x: 0, y: 4 });
    desktop.commit(surface, image);
    desktop.frames(3);
    expect(verdicts(desktop).join('\n')).toMatch(/wide on Virtual-1: the kernel refuses: EINVAL: not today/);
    expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(60, 5)).toBe('0000ff');
    refuses = false;
    for (let step = 0; step < 70; step++) {
      desktop.point(0, 4 + (step % 2));
      desktop.frames(1);
    }
    expect(verdicts(desktop).at(-1)).toMatch(/wide on Virtual-1: shown by cursor plane/);
    const shot = desktop.screenshot('Virtual-1', WITH_CURSOR);
    expect([shot.at(60, 4), shot.at(60, 5)]).toEqual(['808080', '0000ff']);
    expect(desktop.trace.notes('fault')).toEqual([]);
  });
});

it('a cursor of any size, anywhere, does no harm', () => {
  const { desktop, client, surface } = desk();
  const image = client.shm(8, 8, { format: DRM_FORMAT_ARGB8888 });
  const far = 2 ** 31 - 1;
  for (const side of [1, 255, 256, 257, 32767, 32768, far])
    for (const place of [-far, -side, 0, 63, far]) {
      surface.pending.viewport = { source: null, destination: { width: side, height: 1 } };
      desktop.commit(surface, image);
      desktop.scene.cursor = {
        position: { x: 5, y: 5 },
        hotspot: { x: place, y: 0 },
        content: { kind: 'surface', surface },
      };
      desktop.frames(2);
    }
  expect(desktop.trace.notes('fault')).toEqual([]);
  surface.pending.viewport = { source: null, destination: null };
  client.fill(image, 0xffff0000);
  desktop.commit(surface, image);
  desktop.scene.cursor = { ...desktop.scene.cursor!, hotspot: { x: 0, y: 0 } };
  expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(6, 6)).toBe('ff0000');
});

describe('a named cursor', () => {
  it('is drawn with its hot spot at the pointer', () => {
    const { desktop } = desk();
    desktop.scene.cursor = {
      position: { x: 10, y: 10 },
      hotspot: { x: 99, y: 99 },
      content: { kind: 'shape', shape: 'default' },
    };
    const arrow = desktop.screenshot('Virtual-1', WITH_CURSOR);
    expect([arrow.at(10, 10), arrow.at(11, 12), arrow.at(9, 10), arrow.at(13, 10)]).toEqual([
      '000000',
      'ffffff',
      '808080',
      '808080',
    ]);
    desktop.scene.cursor = {
      position: { x: 30, y: 20 },
      hotspot: { x: 0, y: 0 },
      content: { kind: 'shape', shape: 'text' },
    };
    const beam = desktop.screenshot('Virtual-1', WITH_CURSOR);
    expect([beam.at(29, 20), beam.at(30, 20), beam.at(31, 20), beam.at(10, 10)]).toEqual([
      '000000',
      'ffffff',
      '000000',
      '808080',
    ]);
  });
});

it('a named cursor is there again after another was shown', () => {
  const { desktop } = desk();
  for (const shape of ['default', 'text', 'default'] as const) {
    desktop.scene.cursor = {
      position: { x: 10, y: 10 },
      hotspot: { x: 0, y: 0 },
      content: { kind: 'shape', shape },
    };
    desktop.frames(3);
  }
  expect(desktop.screenshot('Virtual-1', WITH_CURSOR).at(11, 12)).toBe('ffffff');
  expect(desktop.trace.notes('fault')).toEqual([]);
});

it('a capture that waits for damage is not woken by the cursor unless it shows it', () => {
  const { desktop, client } = desk();
  const answers: string[] = [];
  const since = desktop.machine.now();
  const wait = (name: string, paintCursors: boolean): void => {
    desktop.display.list[0]!.capture({
      buffer: client.shm(64, 48),
      bufferDamage: Region.infinite,
      paintCursors,
      since,
      immediate: false,
      ready: ({ damage }) => answers.push(`${name} ${damage.rects.map(({ x, y }) => `${x},${y}`).join(' ')}`),
      failed: reason => answers.push(`${name} ${reason}`),
    });
  };
  wait('with', true);
  wait('without', false);
  desktop.frames(3);
  expect(answers).toEqual([]);
  desktop.point(40, 30);
  desktop.frames(4);
  expect(answers).toEqual(['with 18,8 38,28']);
});
