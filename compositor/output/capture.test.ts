import { describe, expect, it } from 'vitest';
import { DRM_FORMAT_ABGR8888, DRM_FORMAT_ARGB8888 } from '../../protocol/uapi/fourcc.ts';
import { createDevices } from '../devices.ts';
import type { ClientBuffer } from '../scene/client-buffer.ts';
import type { CaptureRequest, CaptureResult } from '../scene/outputs.ts';
import { type Rect, Region } from '../scene/region.ts';
import { captureDefaults, Screenshot, TestClient, TestDesktop } from './testing.ts';

/** A grey window over the left half, a film on an overlay, and a red cursor of 8x8 pixels at 8,8. */
function desk() {
  const desktop = new TestDesktop(createDevices);
  const client = new TestClient(desktop);
  const page = client.shm(32, 48);
  client.fill(page, 0x808080);
  const window = desktop.window('page', { x: 0, y: 0, width: 32, height: 48 });
  desktop.commit(window, page);
  const film = client.dmabuf(16, 16);
  client.fill(film, 0x00ff00);
  desktop.commit(desktop.window('film', { x: 40, y: 8, width: 16, height: 16 }), film);
  const image = client.shm(8, 8, { format: DRM_FORMAT_ARGB8888 });
  client.fill(image, 0xffff0000);
  desktop.commit(desktop.cursor('pointer', { x: 8, y: 8 }), image);
  desktop.frames(3);
  return { desktop, client, window };
}

function capture(desktop: TestDesktop, buffer: ClientBuffer, options: Partial<CaptureRequest> = {}) {
  const answers: (CaptureResult | string)[] = [];
  const cancel = desktop.display.list[0]!.capture({
    ...captureDefaults,
    immediate: true,
    ...options,
    buffer,
    ready: result => answers.push(result),
    failed: reason => answers.push(reason),
  });
  return { answers, cancel };
}

function pixels(client: TestClient, buffer: ClientBuffer): Screenshot {
  const bytes = new Uint8Array(buffer.width * buffer.height * 4);
  client.task.pread(client.numbers.get(buffer)!, bytes, 0n);
  return new Screenshot(buffer.width, new Uint32Array(bytes.buffer));
}

describe('a capture without the cursor', () => {
  it('has everything but the cursor, which stays on the screen', () => {
    const { desktop } = desk();
    const planes = desktop.display.statistics.planesInUse;
    const without = desktop.screenshot();
    expect([without.at(9, 9), without.at(0, 0), without.at(45, 10), without.at(60, 40)]).toEqual([
      '808080',
      '808080',
      '00ff00',
      '000000',
    ]);
    expect(desktop.display.statistics.planesInUse).toBe(planes);
    expect(desktop.screenshot('Virtual-1', { paintCursors: true }).at(9, 9)).toBe('ff0000');
  });

  it.each([
    ['with a cursor on the screen', true],
    ['without one', false],
  ])('draws only what its buffer lacks, %s', (_, cursor) => {
    const { desktop, client, window } = desk();
    if (!cursor) desktop.scene.cursor = null;
    const buffer = client.shm(64, 48);
    const first = capture(desktop, buffer);
    desktop.frames(3);
    const { time } = first.answers[0] as CaptureResult;
    client.fill(buffer, 0x0000ff);
    const page = client.shm(32, 48);
    client.fill(page, 0x404040);
    desktop.commit(window, page, { damage: Region.of({ x: 0, y: 0, width: 4, height: 4 }) });
    const second = capture(desktop, buffer, {
      immediate: false,
      since: time,
      bufferDamage: Region.of({ x: 60, y: 40, width: 4, height: 8 }),
    });
    desktop.frames(3);
    expect((second.answers[0] as CaptureResult).damage.rects).toEqual([{ x: 0, y: 0, width: 4, height: 4 }]);
    const shot = pixels(client, buffer);
    expect([shot.at(2, 2), shot.at(6, 2), shot.at(61, 41)]).toEqual(['404040', '0000ff', '000000']);
  });

  it('is one of many in the same frame', () => {
    const { desktop, client } = desk();
    const all = [client.shm(64, 48), client.dmabuf(64, 48), client.shm(64, 48)].map(buffer =>
      capture(desktop, buffer),
    );
    desktop.frames(3);
    const times = all.map(({ answers }) => (answers[0] as CaptureResult).time);
    expect(new Set(times).size).toBe(1);
  });

  it('reads no memory that the client cannot seal, and writes it all the same', () => {
    const { desktop, client } = desk();
    const buffer = client.shm(64, 48, { sealable: false });
    capture(desktop, buffer);
    desktop.frames(3);
    expect(pixels(client, buffer).at(45, 10)).toBe('00ff00');
  });

  it('gets what a frame changes that was on its way when it was asked for', () => {
    const { desktop, client, window } = desk();
    const buffer = client.shm(64, 48);
    const first = capture(desktop, buffer);
    desktop.frames(3);
    const { time } = first.answers[0] as CaptureResult;
    const page = client.shm(32, 48);
    client.fill(page, 0x404040);
    desktop.commit(window, page);
    const state = (): string => desktop.display.statistics.outputs[0]!.state;
    desktop.machine.runUntil(() => state() === 'flipping', 100_000_000n, 'the commit');
    const second = capture(desktop, buffer, { immediate: false, since: time, bufferDamage: Region.empty });
    expect(state()).toBe('flipping');
    desktop.frames(3);
    expect(second.answers).toHaveLength(1);
    expect(pixels(client, buffer).at(2, 2)).toBe('404040');
  });

  it('leaves no holes in memory that the client cannot seal where nothing changed', () => {
    const { desktop, client, window } = desk();
    const buffer = client.shm(64, 48, { sealable: false });
    const first = capture(desktop, buffer);
    desktop.frames(3);
    const page = client.shm(32, 48);
    client.fill(page, 0x404040);
    desktop.commit(window, page, { damage: Region.of({ x: 0, y: 0, width: 4, height: 4 }) });
    const { time } = first.answers[0] as CaptureResult;
    const second = capture(desktop, buffer, { immediate: false, since: time, bufferDamage: Region.empty });
    desktop.frames(3);
    expect((second.answers[0] as CaptureResult).damage.rects).toEqual([{ x: 0, y: 0, width: 4, height: 4 }]);
    const shot = pixels(client, buffer);
    expect([shot.at(2, 2), shot.at(45, 10)]).toEqual(['404040', '00ff00']);
  });

  it('changes its way when a cursor comes while it waits', () => {
    const { desktop, client, window } = desk();
    const { cursor } = desktop.scene;
    desktop.scene.cursor = null;
    desktop.frames(3);
    const buffer = client.shm(64, 48);
    const waiting = capture(desktop, buffer, { immediate: false, since: desktop.machine.now() });
    desktop.scene.cursor = cursor;
    desktop.frames(3);
    expect(waiting.answers).toEqual([]);
    const page = client.shm(32, 48);
    client.fill(page, 0x404040);
    desktop.commit(window, page);
    desktop.frames(3);
    expect(waiting.answers).toHaveLength(1);
    expect(pixels(client, buffer).at(9, 9)).toBe('404040');
  });

  it.each([
    ['cancelled', 0],
    ['cancelled', 16_000_000],
    ['removed', 0],
    ['removed', 16_000_000],
  ] as const)('gives its buffer back when it is %s after %i ns', (end, after) => {
    const { desktop, client } = desk();
    const buffer = client.shm(64, 48);
    const { answers, cancel } = capture(desktop, buffer);
    desktop.machine.advance(BigInt(after));
    if (end === 'cancelled') cancel[Symbol.dispose]();
    else desktop.display.remove('Virtual-1');
    client.destroy(buffer);
    desktop.frames(4);
    expect(answers).toEqual(end === 'cancelled' ? [] : ['stopped']);
    expect(buffer.lifetime.ended).toBe(true);
  });
});

describe('a capture of a part', () => {
  const part = (desktop: TestDesktop, region: Rect, paintCursors = false): Screenshot =>
    desktop.screenshot('Virtual-1', { region, paintCursors });

  it('is that part, with the cursor or without it', () => {
    const { desktop } = desk();
    const region = { x: 4, y: 6, width: 50, height: 20 };
    const without = part(desktop, region);
    expect([without.at(4, 2), without.at(27, 0), without.at(28, 0), without.at(36, 2)]).toEqual([
      '808080',
      '808080',
      '000000',
      '00ff00',
    ]);
    const shot = part(desktop, region, true);
    expect([shot.at(3, 2), shot.at(4, 2), shot.at(11, 9), shot.at(12, 9)]).toEqual([
      '808080',
      'ff0000',
      'ff0000',
      '808080',
    ]);
  });

  it('waits for damage inside it, and says where in the part it is', () => {
    const { desktop, client } = desk();
    const { answers } = capture(desktop, client.shm(20, 20), {
      immediate: false,
      since: desktop.machine.now(),
      region: { x: 0, y: 20, width: 20, height: 20 },
      paintCursors: true,
    });
    desktop.point(40, 8);
    desktop.frames(3);
    expect(answers).toEqual([]);
    desktop.point(4, 36);
    desktop.frames(3);
    expect((answers[0] as CaptureResult).damage.rects).toEqual([{ x: 4, y: 16, width: 8, height: 4 }]);
  });

  it('fails with a buffer of another size', () => {
    const { desktop, client } = desk();
    const { answers } = capture(desktop, client.shm(64, 48), {
      region: { x: 0, y: 0, width: 20, height: 20 },
    });
    desktop.frames(1);
    expect(answers).toEqual(['buffer-constraints']);
  });
});

it('a capture can have its bytes in the order of the web', () => {
  const { desktop, client } = desk();
  for (const paintCursors of [true, false]) {
    const buffer = client.dmabuf(64, 48, DRM_FORMAT_ABGR8888);
    capture(desktop, buffer, { paintCursors });
    desktop.frames(3);
    const address = client.task.mmap(client.numbers.get(buffer)!, 64 * 48 * 4);
    const bytes = client.task.memory.view(address, 64 * 48 * 4);
    const at = (x: number, y: number): number[] => [
      ...bytes.subarray((y * 64 + x) * 4, (y * 64 + x) * 4 + 3),
    ];
    expect(at(9, 9)).toEqual(paintCursors ? [255, 0, 0] : [128, 128, 128]);
    expect(at(45, 10)).toEqual([0, 255, 0]);
  }
});
