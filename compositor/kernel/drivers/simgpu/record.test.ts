import { beforeEach, describe, expect, it } from 'vitest';
import { POLLIN } from '../../../../protocol/uapi/fcntl.ts';
import { DRM_FORMAT_NV12 } from '../../../../protocol/uapi/fourcc.ts';
import * as uapi from '../../../../protocol/uapi/simgpu.ts';
import type { StructValue } from '../../../../protocol/uapi/struct.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import { type Client, createRig, type Image, imageOf, type Rig, spin } from './test-kit.ts';

type RecordValue = StructValue<typeof uapi.simgpu_record>;

/** Pixels of a side of a tile. */
const TILE = 8;
const LUMA = TILE * TILE;
/** Of a tile of NV12. */
const BYTES = LUMA + LUMA / 2;
/** Grey of each tile, in limited range. */
const GREYS = [16, 90, 160, 235];

let rig: Rig;
let app: Client;
let source: Image;
let target: Image;

beforeEach(() => {
  rig = createRig();
  app = rig.client('app');
  // As wide as needed for the bytes of four tiles of NV12.
  source = app.image(BYTES, 1);
  target = app.image(2 * TILE, 2 * TILE);
  const pixels = app.pixels(source);
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  for (const [tile, grey] of GREYS.entries()) {
    bytes.fill(grey, tile * BYTES, tile * BYTES + LUMA);
    bytes.fill(128, tile * BYTES + LUMA, (tile + 1) * BYTES);
  }
});

/** Eight planes: four tiles of two. */
const eight = (change: Partial<RecordValue> = {}): RecordValue => ({
  version: uapi.SIMGPU_RECORD_VERSION,
  plane_count: 8,
  format: DRM_FORMAT_NV12,
  columns: 2,
  width: TILE,
  height: TILE,
  planes: GREYS.flatMap((_, tile) => [
    { offset: tile * BYTES, pitch: TILE },
    { offset: tile * BYTES + LUMA, pitch: TILE },
  ]),
  ...change,
});

function write(fd: number, record: RecordValue): void {
  const bytes = new Uint8Array(uapi.simgpu_record.size);
  uapi.simgpu_record.write(new DataView(bytes.buffer), 0, record);
  app.task.pwrite(fd, bytes, 0n);
}

function memfdOf(record: RecordValue): number {
  const fd = app.task.memfdCreate('record');
  write(fd, record);
  return fd;
}

const whole = { x1: 0, y1: 0, x2: 2 * TILE, y2: 2 * TILE };
const composite = (record_fd: number) => ({
  opcode: uapi.SIMGPU_OP_COMPOSITE_RECORD,
  target: imageOf(target),
  source: { handle: source.handle },
  destination: whole,
  clip: whole,
  alpha: 0xffff,
  record_fd,
});

/** The red of the middle of each tile on the target. */
function seen(): number[] {
  const pixels = app.pixels(target);
  const middle = TILE / 2;
  return GREYS.map((_, tile) => {
    const x = (tile % 2) * TILE + middle;
    const y = Math.floor(tile / 2) * TILE + middle;
    return (pixels[y * 2 * TILE + x]! >>> 16) & 0xff;
  });
}

describe('a picture of eight planes', () => {
  it('is sampled by one job', () => {
    const fence = app.submitForFence([composite(memfdOf(eight()))]);
    rig.machine.advance(MILLISECOND);
    expect(app.task.poll(fence, POLLIN)).toBe(POLLIN);
    expect(seen()).toEqual([0, 86, 168, 255]);
  });

  it('is what its record said when the job was submitted, whatever is written there while the job waits', () => {
    const fd = memfdOf(eight());
    app.submit([spin(5n * MILLISECOND)]);
    app.submit([composite(fd)]);
    const swapped = eight().planes.slice(4).concat(eight().planes.slice(0, 4));
    write(fd, eight({ planes: swapped }));
    app.task.truncate(fd, 0n);
    app.task.close(fd);
    rig.machine.advance(10n * MILLISECOND);
    expect(seen()).toEqual([0, 86, 168, 255]);
  });

  it.each<[string, Partial<RecordValue>]>([
    ['another version', { version: 2 }],
    ['a format that the engine has not', { format: 1 }],
    ['nine planes', { plane_count: 9 }],
    ['no planes', { plane_count: 0, planes: [] }],
    ['half a tile', { plane_count: 7, planes: eight().planes.slice(0, 7) }],
    ['planes that do not count', { plane_count: 6, columns: 1 }],
    ['a row that is not full', { columns: 3 }],
    ['no columns', { columns: 0 }],
    ['a plane beyond the buffer', { planes: eight().planes.with(7, { offset: 4096, pitch: TILE }) }],
    ['a pitch that is too small', { planes: eight().planes.with(1, { offset: LUMA, pitch: TILE - 2 }) }],
    ['tiles without a size', { width: 0 }],
    ['tiles of any size', { height: 0xffff_ffff }],
  ])('is refused with %s', (_, change) => {
    const fd = memfdOf(eight(change));
    expect(() => app.submit([composite(fd)])).toThrow('EINVAL');
  });

  it('is refused when it is no record', () => {
    expect(() => app.submit([composite(99)])).toThrow('EBADF');
    expect(() => app.submit([composite(app.fd)])).toThrow('EINVAL');
    const short = app.task.memfdCreate('short');
    app.task.pwrite(short, new Uint8Array(uapi.simgpu_record.size - 1), 0n);
    expect(() => app.submit([composite(short)])).toThrow('EINVAL');
    const good = memfdOf(eight());
    const described = { ...composite(good), source: imageOf(source) };
    expect(() => app.submit([described])).toThrow('the command gives its handle alone');
    expect(() => app.submit([{ ...composite(good), destination: { ...whole, x2: 15 } }])).toThrow('EINVAL');
    const plain = { ...composite(good), opcode: uapi.SIMGPU_OP_COMPOSITE, source: imageOf(source) };
    expect(() => app.submit([plain])).toThrow('does not use record_fd');
  });

  it('counts as the commands that it makes', () => {
    const many = new Array(uapi.SIMGPU_SUBMIT_MAX_COMMANDS / 4 + 1).fill(composite(memfdOf(eight())));
    expect(() => app.submit(many)).toThrow('EINVAL');
    app.submit(many.slice(1));
  });
});
