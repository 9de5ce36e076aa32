import { beforeEach, describe, expect, it } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { Region } from '../scene/region.ts';
import { type TestClient, TestServer } from './testing.ts';

let test: TestServer;
let client: TestClient;

beforeEach(() => {
  const machine = new VirtualMachine();
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  test = new TestServer({ machine, kernel });
  client = test.connect();
});

/** A buffer as the frame asks for it. */
function buffer(width: number, height: number, stride = width * 4, format = 1) {
  const pool = client.bind('wl_shm').create_pool(client.memory(stride * height), stride * height);
  return pool.create_buffer(0, width, height, stride, format);
}

function start(version = 3) {
  const manager = client.bind('zwlr_screencopy_manager_v1', version);
  const output = client.bind('wl_output');
  const seen: string[] = [];
  const capture = (cursor = 0, region?: readonly [number, number, number, number]) => {
    const frame = region
      ? manager.capture_output_region(cursor, output, ...region)
      : manager.capture_output(cursor, output);
    frame.listen({
      buffer: (format, width, height, stride) =>
        void seen.push(`buffer ${format} ${width}x${height} ${stride}`),
      linux_dmabuf: (format, width, height) => void seen.push(`dmabuf ${format} ${width}x${height}`),
      buffer_done: () => void seen.push('done'),
      flags: flags => void seen.push(`flags ${flags}`),
      damage: (x, y, width, height) => void seen.push(`damage ${width}x${height}@${x},${y}`),
      ready: (_, seconds, nanoseconds) => void seen.push(`ready ${seconds}.${nanoseconds}`),
      failed: () => void seen.push('failed'),
    });
    client.settle();
    return frame;
  };
  return { seen, capture };
}

const result = (time: bigint) => ({
  transform: 0 as const,
  damage: Region.of({ x: 1, y: 2, width: 3, height: 4 }),
  time,
});

describe('zwlr_screencopy', () => {
  it('says what buffer it needs, takes the picture and tells when it was', () => {
    const { seen, capture } = start();
    const frame = capture(1);
    expect(seen.splice(0)).toEqual(['buffer 1 640x480 2560', 'done']);
    frame.copy(buffer(640, 480));
    client.settle();
    expect(test.output.captures[0]).toMatchObject({ immediate: true, paintCursors: true });
    expect(test.output.captures[0]).not.toHaveProperty('region');
    test.output.captures[0]!.ready(result(2_000_000_005n));
    client.settle();
    expect(seen).toEqual(['flags 0', 'ready 2.5']);
  });

  it('knows no buffer_done in its first versions', () => {
    const { seen, capture } = start(2);
    capture();
    expect(seen).toEqual(['buffer 1 640x480 2560']);
  });

  it('copies with damage at once, and then when there is some', () => {
    const { seen, capture } = start();
    capture().copy_with_damage(buffer(640, 480));
    client.settle();
    expect(test.output.captures[0]).toMatchObject({ immediate: true });
    test.output.captures[0]!.ready(result(1_000_000_000n));
    client.settle();
    expect(seen.slice(2)).toEqual(['flags 0', 'damage 3x4@1,2', 'ready 1.0']);
    capture().copy_with_damage(buffer(640, 480));
    client.settle();
    expect(test.output.captures[1]).toMatchObject({ immediate: false, since: 1_000_000_000n });
    // Another part was not copied yet.
    capture(0, [0, 0, 64, 64]).copy_with_damage(buffer(64, 64));
    client.settle();
    expect(test.output.captures[2]).toMatchObject({ immediate: true });
  });

  it('takes a part in logical pixels, cut off at the edges of the output', () => {
    test.output.info = { ...test.output.info, scale: 1.5 };
    const { seen, capture } = start();
    capture(0, [10, 20, 31, 10]).copy(buffer(47, 15));
    client.settle();
    expect(test.output.captures[0]!.region).toEqual({ x: 15, y: 30, width: 47, height: 15 });
    seen.length = 0;
    capture(0, [400, 300, 400, 400]);
    expect(seen.splice(0)).toEqual(['buffer 1 40x30 160', 'done']);
    for (const outside of [
      [700, 0, 10, 10],
      [0, 0, 0, 10],
      [0, 0, -5, 10],
    ] as const)
      capture(0, outside);
    expect(seen).toEqual(['failed', 'failed', 'failed']);
    expect(client.error).toBeNull();
  });

  it.each([
    ['of another size', () => buffer(640, 479)],
    ['with longer rows', () => buffer(640, 480, 4096)],
    ['of another format', () => buffer(640, 480, 2560, 0)],
  ])('ends a client that gives it a buffer %s', (_, make) => {
    const { capture } = start();
    capture().copy(make());
    client.settle();
    expect(client.error?.message).toMatch(/the event "buffer" said/);
    expect(test.output.captures).toEqual([]);
  });

  it('ends a client that copies a frame twice', () => {
    const { capture } = start();
    const frame = capture();
    frame.copy(buffer(640, 480));
    frame.copy(buffer(640, 480));
    client.settle();
    expect(client.error?.message).toMatch(/copied already/);
  });

  it('ends a client that has many pictures taken at once, not one that takes many', () => {
    const { seen, capture } = start();
    const target = buffer(640, 480);
    for (let at = 0; at < 40; at++) {
      const frame = capture();
      frame.copy(target);
      client.settle();
      if (at % 2 === 0) test.output.captures[at]!.ready(result(1_000_000_000n));
      else frame.destroy();
      client.settle();
    }
    expect(client.error).toBeNull();
    expect(seen.filter(event => event.startsWith('ready'))).toHaveLength(20);
    for (let at = 0; at < 17; at++) capture().copy(target);
    client.settle();
    expect(test.output.captures).toHaveLength(56);
    expect(client.error?.message).toContain('destroy some first');
  });

  it('fails when the output does', () => {
    const { seen, capture } = start();
    capture().copy(buffer(640, 480));
    client.settle();
    test.output.captures[0]!.failed('stopped');
    client.settle();
    expect(seen.at(-1)).toBe('failed');
  });

  it('is offered to those who may capture', () => {
    expect(test.connect('stranger', []).globals.has('zwlr_screencopy_manager_v1')).toBe(false);
  });
});

it('the surface of a cursor is told of its output once, and that it has left when the cursor is hidden', () => {
  client.bind('wl_output');
  const pointer = client.bind('wl_seat').get_pointer();
  let serial = 0;
  pointer.on('enter', given => {
    serial = given;
  });
  client.mapped(640, 480);
  const move = (x: number): void => {
    test.seat.pointer.moveTo(test.machine.now(), { x, y: 100 });
    test.seat.pointer.frame();
    client.settle();
  };
  move(100);
  const surface = client.surface();
  const seen: string[] = [];
  surface.listen({ enter: () => void seen.push('enter'), leave: () => void seen.push('leave') });
  surface.attach(client.buffer(16, 16), 0, 0);
  surface.commit();
  pointer.set_cursor(serial, surface, 0, 0);
  client.settle();
  for (const x of [110, 120, 130]) move(x);
  expect(seen).toEqual(['enter']);
  pointer.set_cursor(serial, null, 0, 0);
  client.settle();
  expect(seen).toEqual(['enter', 'leave']);
});

it('a cursor on its own can be asked for, although it never comes', () => {
  const manager = client.bind('ext_image_copy_capture_manager_v1');
  const source = client
    .bind('ext_output_image_capture_source_manager_v1')
    .create_source(client.bind('wl_output'));
  const cursor = manager.create_pointer_cursor_session(source, client.bind('wl_seat').get_pointer());
  const heard: string[] = [];
  const session = cursor.get_capture_session();
  session.on('stopped', () => void heard.push('stopped'));
  const frame = session.create_frame();
  frame.on('failed', reason => void heard.push(`failed ${reason}`));
  frame.attach_buffer(buffer(64, 64));
  frame.capture();
  client.settle();
  expect([heard, client.error]).toEqual([['stopped', 'failed 2'], null]);
});

describe('wp_cursor_shape', () => {
  it('chooses a cursor for the client that has the pointer', () => {
    const pointer = client.bind('wl_seat').get_pointer();
    let serial = 0;
    pointer.on('enter', given => {
      serial = given;
    });
    const device = client.bind('wp_cursor_shape_manager_v1').get_pointer(pointer);
    device.set_shape(1, 9);
    client.settle();
    expect(test.scene.cursor).toBeNull();
    client.mapped(640, 480);
    test.seat.pointer.moveTo(test.machine.now(), { x: 100, y: 100 });
    test.seat.pointer.frame();
    client.settle();
    expect(test.scene.cursor).toMatchObject({ content: { kind: 'shape', shape: 'default' } });
    device.set_shape(serial, 9);
    client.settle();
    expect(test.scene.cursor).toMatchObject({
      position: { x: 100, y: 100 },
      content: { kind: 'shape', shape: 'text' },
    });
    // Older than the pointer's coming: of a time when another had it.
    device.set_shape(serial - 1, 4);
    client.settle();
    expect(test.scene.cursor).toMatchObject({ content: { shape: 'text' } });
  });

  it('ends a client that names a shape which there is not', () => {
    const device = client
      .bind('wp_cursor_shape_manager_v1')
      .get_pointer(client.bind('wl_seat').get_pointer());
    device.set_shape(1, 35);
    client.settle();
    expect(client.error?.message).toMatch(/there is no shape 35/);
  });
});
