import { beforeEach, describe, expect, it } from 'vitest';
import { F_GET_SEALS, F_SEAL_SHRINK, F_SEAL_WRITE } from '../../protocol/uapi/fcntl.ts';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { Region } from '../scene/region.ts';
import { ARGB8888, XRGB8888 } from './shm-format.ts';
import { type TestClient, TestServer } from './testing.ts';

let test: TestServer;
let client: TestClient;

beforeEach(() => {
  const machine = new VirtualMachine();
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  test = new TestServer({ machine, kernel });
  client = test.connect();
});

/** What the only window shows. */
const content = () => test.scene.stack[0]!.surface.state.content!.buffer;

describe('wl_shm', () => {
  it('announces the two formats that every client has', () => {
    const formats: number[] = [];
    client.bind('wl_shm').on('format', format => formats.push(format));
    client.settle();
    expect(formats).toEqual([0, 1]);
  });

  it('keeps the memory of a buffer whose pool and descriptor the client gave up, and seals it', () => {
    const { surface } = client.window();
    const handle = client.memory(4096 + 64);
    const pool = client.bind('wl_shm').create_pool(handle, 4096);
    client.settle();
    pool.resize(4096 + 64);
    surface.attach(pool.create_buffer(64, 32, 32, 128, 1), 0, 0);
    pool.destroy();
    surface.commit();
    client.settle();
    client.client.task.close(handle.fd);
    expect(client.error).toBeNull();
    const buffer = content();
    expect(buffer).toMatchObject({
      kind: 'shm',
      format: XRGB8888,
      offset: 64,
      stride: 128,
      byteLength: 4096,
    });
    if (buffer.kind !== 'shm') return;
    expect(test.task.fcntl(buffer.memory.fd, F_GET_SEALS) & F_SEAL_SHRINK).not.toBe(0);
    buffer.fault('the memory was cut short');
    client.settle();
    expect(client.error?.description).toBe('the memory was cut short');
    expect(test.trace.notes('fault')).toEqual([]);
  });
});

describe('zwp_linux_dmabuf_v1', () => {
  it('describes the formats in a table that nobody can change', () => {
    const feedback = client.bind('zwp_linux_dmabuf_v1').get_default_feedback();
    const seen: string[] = [];
    let table = { fd: -1, size: 0 };
    feedback.listen({
      format_table: ({ fd }, size) => {
        table = { fd, size };
      },
      tranche_flags: flags => void seen.push(`flags ${flags}`),
      tranche_formats: bytes => void seen.push(`formats ${new Uint16Array(bytes.slice().buffer)}`),
      done: () => void seen.push('done'),
    });
    client.settle();
    expect(seen).toEqual(['flags 1', 'formats 0', 'flags 0', 'formats 0,1,2,3', 'done']);
    const { task } = client.client;
    expect(task.fcntl(table.fd, F_GET_SEALS) & F_SEAL_WRITE).not.toBe(0);
    const bytes = new Uint8Array(table.size);
    expect(task.pread(table.fd, bytes, 0n)).toBe(64);
    const view = new DataView(bytes.buffer);
    expect([view.getUint32(32, true), view.getBigUint64(40, true)]).toEqual([ARGB8888, 7n]);
  });

  it('makes a buffer later, or says that it could not', () => {
    const dmabuf = client.bind('zwp_linux_dmabuf_v1');
    const fates: string[] = [];
    for (const width of [64, 5000]) {
      const params = dmabuf.create_params();
      params.add(client.memory(width * 4), 0, 0, width * 4, 0, 0);
      params.on('created', buffer => fates.push(`created ${buffer.interface}`));
      params.on('failed', () => fates.push('failed'));
      params.create(width, 1, XRGB8888, 0);
    }
    client.settle();
    expect(fates).toEqual(['created wl_buffer', 'failed']);
    expect(test.trace.notes('client').some(({ details }) => details['reason'] === 'wider than 4096')).toBe(
      true,
    );
  });
});

it('wp_single_pixel_buffer makes a colour of fractions', () => {
  const { surface } = client.window();
  const manager = client.bind('wp_single_pixel_buffer_manager_v1');
  surface.attach(manager.create_u32_rgba_buffer(0x80000000, 0, 0xffffffff, 0xffffffff), 0, 0);
  const viewport = client.bind('wp_viewporter').get_viewport(surface);
  viewport.set_destination(100, 50);
  surface.commit();
  client.settle();
  expect(content()).toMatchObject({ kind: 'single-pixel', argb: 0xff8000ff, width: 1, height: 1 });
  expect(test.scene.stack[0]).toMatchObject({ width: 100, height: 50 });
});

describe('ext_image_copy_capture', () => {
  function start() {
    const source = client
      .bind('ext_output_image_capture_source_manager_v1')
      .create_source(client.bind('wl_output'));
    const session = client.bind('ext_image_copy_capture_manager_v1').create_session(source, 0);
    const seen: string[] = [];
    session.listen({
      buffer_size: (width, height) => void seen.push(`${width}x${height}`),
      shm_format: format => void seen.push(`format ${format}`),
      done: () => void seen.push('done'),
      stopped: () => void seen.push('stopped'),
    });
    const capture = (width: number, height: number) => {
      const handle = client.memory(width * height * 4);
      const pool = client.bind('wl_shm').create_pool(handle, width * height * 4);
      const frame = session.create_frame();
      frame.listen({
        ready: () => void seen.push('ready'),
        failed: reason => void seen.push(`failed ${reason}`),
        damage: (x, y, w, h) => void seen.push(`damage ${w}x${h}@${x},${y}`),
        presentation_time: (_, seconds, nanoseconds) => void seen.push(`time ${seconds}.${nanoseconds}`),
      });
      frame.attach_buffer(pool.create_buffer(0, width, height, width * 4, 1));
      frame.capture();
      client.settle();
      return frame;
    };
    client.settle();
    return { seen, capture };
  }

  it('tells what it needs, and hands buffers that fit to the output', () => {
    const { seen, capture } = start();
    expect(seen.splice(0)).toEqual(['640x480', 'format 1', 'done']);
    const frame = capture(640, 480);
    expect(test.output.captures[0]).toMatchObject({ immediate: true, paintCursors: false });
    const damage = Region.of({ x: 1, y: 2, width: 3, height: 4 });
    test.output.captures[0]!.ready({ transform: 0, damage, time: 2_000_000_005n });
    client.settle();
    expect(seen.splice(0)).toEqual(['damage 3x4@1,2', 'time 2.5', 'ready']);
    frame.destroy();
    capture(640, 480);
    expect(test.output.captures[1]).toMatchObject({ immediate: false, since: 2_000_000_005n });
  });

  it('refuses buffers that do not fit, and ends with the output', () => {
    const { seen, capture } = start();
    seen.length = 0;
    capture(640, 479).destroy();
    expect(seen.splice(0)).toEqual(['failed 1']);
    test.outputs.remove(test.output);
    client.settle();
    expect(seen.splice(0)).toEqual(['stopped']);
    capture(640, 480);
    expect(seen).toEqual(['failed 2']);
    expect(client.error).toBeNull();
  });
});
