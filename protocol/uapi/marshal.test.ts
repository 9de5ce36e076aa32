import { describe, expect, it } from 'vitest';
import { dma_buf_name, dmaBufIoctls } from './dma-buf.ts';
import { drmIoctls } from './drm.ts';
import { modeIoctls } from './drm-mode.ts';
import { iowr } from './ioctl.ts';
import { marshal, relocate, unmarshal } from './marshal.ts';
import { simgpuIoctls } from './simgpu.ts';
import { pointer, struct, u32 } from './struct.ts';
import { syncFileIoctls } from './sync-file.ts';
import { syncobjIoctls } from './syncobj.ts';
import { udmabufIoctls } from './udmabuf.ts';

const { DRM_IOCTL_MODE_ATOMIC, DRM_IOCTL_MODE_GETRESOURCES, DRM_IOCTL_MODE_GETCONNECTOR } = modeIoctls;
const { DRM_IOCTL_SYNCOBJ_WAIT, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, DRM_IOCTL_SYNCOBJ_QUERY } = syncobjIoctls;
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const words = (bytes: Uint8Array, at: number, count: number) =>
  Array.from({ length: count }, (_, index) => viewOf(bytes).getUint32(at + 4 * index, true));

describe('marshal', () => {
  it('puts the arrays of an atomic commit behind its argument, aligned, and tells where the pointers are', () => {
    const { bytes, relocations } = marshal(DRM_IOCTL_MODE_ATOMIC, {
      flags: 0x201,
      objs_ptr: [31, 40, 41],
      count_props_ptr: [2, 1, 0],
      props_ptr: [7, 8, 9],
      prop_values_ptr: [1n, 2n, 0xffff_ffff_ffff_ffffn],
      user_data: 77n,
    });
    const value = DRM_IOCTL_MODE_ATOMIC.struct.read(viewOf(bytes), 0);
    expect(value).toEqual({
      flags: 0x201,
      count_objs: 3,
      objs_ptr: 56n,
      count_props_ptr: 72n,
      props_ptr: 88n,
      prop_values_ptr: 104n,
      reserved: 0n,
      user_data: 77n,
    });
    expect([...relocations]).toEqual([8, 16, 24, 32]);
    expect(words(bytes, 56, 3)).toEqual([31, 40, 41]);
    expect(viewOf(bytes).getBigUint64(120, true)).toBe(0xffff_ffff_ffff_ffffn);
    expect(bytes.length).toBe(128);
  });

  it('leaves null, missing and empty pointers 0, and raw addresses as they are', () => {
    const { bytes, relocations } = marshal(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, {
      handles: 0xdead_0000n,
      points: null,
      count_handles: 1,
    });
    const value = DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT.struct.read(viewOf(bytes), 0);
    expect(value).toMatchObject({ handles: 0xdead_0000n, points: 0n, count_handles: 1 });
    expect(relocations).toHaveLength(0);
    expect(marshal(DRM_IOCTL_SYNCOBJ_WAIT, { handles: [] }).bytes).toEqual(new Uint8Array(40));
  });

  it('derives a count only where the caller gave none', () => {
    const countIn = (count_handles?: number) => {
      const argument = count_handles === undefined ? { handles: [1, 2] } : { handles: [1, 2], count_handles };
      return DRM_IOCTL_SYNCOBJ_WAIT.struct.read(viewOf(marshal(DRM_IOCTL_SYNCOBJ_WAIT, argument).bytes), 0)
        .count_handles;
    };
    expect([countIn(), countIn(9), countIn(0)]).toEqual([2, 9, 0]);
  });

  it('follows pointers in pointed-to structs, with every level relocated', () => {
    const item = struct('item', { texts: pointer('string', { count: 'length' }), length: u32 });
    const outer = struct('outer', { count: u32, items: pointer(item, { count: 'count' }) });
    const call = iowr('NESTED', 'x', 1, outer);
    const { bytes, relocations } = marshal(call, {
      items: [{ texts: 'ab' }, { texts: null }, { texts: 'cde' }],
    });
    const base = 0x7000_0000n;
    relocate(bytes, relocations, base);
    expect([...relocations]).toEqual([8, 16, 48]);
    expect(item.read(viewOf(bytes), 48)).toEqual({ texts: base + 72n, length: 3 });
    expect(unmarshal(call, bytes, base)).toEqual({
      count: 3,
      items: [
        { texts: 'ab', length: 2 },
        { texts: null, length: 0 },
        { texts: 'cde', length: 3 },
      ],
    });
  });

  it('carries a whole job with its sync objects and images', () => {
    const image = {
      handle: 4,
      format: 0x34325258,
      width: 640,
      height: 480,
      offsets: [0, 0],
      pitches: [2560, 0],
    };
    const sent = {
      context: 1,
      flags: 10,
      in_fence_fd: -1,
      in_syncs: [{ handle: 8, point: 1n << 40n }],
      commands: [
        { opcode: 1, target: image, destination: { x2: 640, y2: 480 }, color: 0xff00ff00, alpha: 0xffff },
        { opcode: 3, target: image, source: { ...image, handle: 5 }, clip: { x1: -3 }, transform: 5 },
      ],
    };
    const { bytes, relocations } = marshal(simgpuIoctls.SIMGPU_SUBMIT, sent);
    relocate(bytes, relocations, 0x10000n);
    const back = unmarshal(simgpuIoctls.SIMGPU_SUBMIT, bytes, 0x10000n);
    expect(back).toMatchObject({
      context: 1,
      in_fence_fd: -1,
      command_count: 2,
      in_sync_count: 1,
      out_sync_count: 0,
    });
    expect(back).toMatchObject({ in_syncs: sent.in_syncs, out_syncs: null, commands: sent.commands });
  });

  it('puts a flexible array directly behind its header, and text without NUL where it fills its field', () => {
    const list = [
      { memfd: 3, offset: 0n, size: 4096n },
      { memfd: 4, offset: 4096n, size: 8192n },
    ];
    const { bytes, relocations } = marshal(udmabufIoctls.UDMABUF_CREATE_LIST, { list });
    expect([bytes.length, relocations.length, words(bytes, 4, 2)]).toEqual([8 + 48, 0, [2, 3]]);
    expect(unmarshal(udmabufIoctls.UDMABUF_CREATE_LIST, bytes, 0n)).toMatchObject({ count: 2, list });
    const name = marshal(dmaBufIoctls.DMA_BUF_SET_NAME_B, { name: 'n'.repeat(40) }).bytes;
    expect(name).toEqual(new Uint8Array(dma_buf_name.size).fill('n'.charCodeAt(0)));
  });

  it('has nothing to lay out for a call without an argument', () => {
    expect(marshal(drmIoctls.DRM_IOCTL_SET_MASTER, null).bytes).toHaveLength(0);
    expect(unmarshal(drmIoctls.DRM_IOCTL_SET_MASTER, new Uint8Array(), 0n)).toBe(null);
  });

  it('names the field of a value that does not fit', () => {
    const wait = (argument: object) => () => marshal(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, argument);
    expect(wait({ flags: 2 ** 32 })).toThrow(
      'drm_syncobj_timeline_wait.flags is u32: 4294967296 is not an integer of 32 bits',
    );
    expect(wait({ flags: 1.5 })).toThrow(RangeError);
    expect(wait({ timeout_nsec: 5 })).toThrow(
      'drm_syncobj_timeline_wait.timeout_nsec is s64 and takes a bigint, not number (5)',
    );
    expect(wait({ points: [1n << 64n] })).toThrow('drm_syncobj_timeline_wait.points[0]');
    expect(wait({ timeout: 1n })).toThrow(/has no field timeout; it has handles, points/);
    expect(wait({ handles: [1, 2], points: [1n] })).toThrow(
      /handles has 2 elements and points has 1, but count_handles/,
    );
  });
});

describe('unmarshal', () => {
  it('reads back what the kernel wrote, as many elements as were given, though the count says more', () => {
    const sent = { crtc_id_ptr: [0, 0], connector_id_ptr: { length: 1 } };
    const { bytes, relocations } = marshal(DRM_IOCTL_MODE_GETRESOURCES, sent);
    const base = 0x5000n;
    relocate(bytes, relocations, base);
    const { struct: res } = DRM_IOCTL_MODE_GETRESOURCES;
    const value = res.read(viewOf(bytes), 0);
    viewOf(bytes).setUint32(Number(value.crtc_id_ptr - base), 51, true);
    viewOf(bytes).setUint32(Number(value.crtc_id_ptr - base) + 4, 52, true);
    res.write(viewOf(bytes), 0, { ...value, count_crtcs: 4, count_encoders: 3 });
    expect(unmarshal(DRM_IOCTL_MODE_GETRESOURCES, bytes, base, sent)).toMatchObject({
      crtc_id_ptr: [51, 52],
      connector_id_ptr: [0],
      encoder_id_ptr: null,
      count_crtcs: 4,
      count_encoders: 3,
    });
  });

  it('returns memory of the caller as it was sent, and reads memory that goes both ways', () => {
    const sent = { handles: [1, 2], points: [0n, 0n] };
    const { bytes, relocations } = marshal(DRM_IOCTL_SYNCOBJ_QUERY, sent);
    relocate(bytes, relocations, 0n);
    const { handles, points } = DRM_IOCTL_SYNCOBJ_QUERY.struct.read(viewOf(bytes), 0);
    viewOf(bytes).setUint32(Number(handles), 99, true);
    viewOf(bytes).setBigUint64(Number(points) + 8, 12n, true);
    const back = unmarshal(DRM_IOCTL_SYNCOBJ_QUERY, bytes, 0n, sent);
    expect([back.handles, back.points]).toEqual([sent.handles, [0n, 12n]]);
  });

  it('reads structs, texts and unions', () => {
    const modes = { modes_ptr: [{}, {}], connector_id: 3 };
    const connector = marshal(DRM_IOCTL_MODE_GETCONNECTOR, modes);
    viewOf(connector.bytes).setUint16(80 + 68 + 4, 1920, true);
    const back = unmarshal(DRM_IOCTL_MODE_GETCONNECTOR, connector.bytes, 0n, modes);
    expect((back.modes_ptr as readonly { hdisplay: number }[]).map(mode => mode.hdisplay)).toEqual([0, 1920]);
    const version = { name: 'xxxxxxxx' };
    const { bytes } = marshal(drmIoctls.DRM_IOCTL_VERSION, version);
    bytes.set(new TextEncoder().encode('simkms\0'), 64);
    expect(unmarshal(drmIoctls.DRM_IOCTL_VERSION, bytes, 0n, version).name).toBe('simkms');
    const vblank = marshal(drmIoctls.DRM_IOCTL_WAIT_VBLANK, {
      request: { type: 1, sequence: 5, signal: 9n },
    });
    expect(unmarshal(drmIoctls.DRM_IOCTL_WAIT_VBLANK, vblank.bytes, 0n).reply).toMatchObject({
      sequence: 5,
      tval_sec: 9n,
    });
  });

  it('does not follow a pointer out of the block', () => {
    const bytes = new Uint8Array(56);
    syncFileIoctls.SYNC_IOC_FILE_INFO.struct.write(viewOf(bytes), 0, {
      name: 'f',
      status: 1,
      flags: 0,
      num_fences: 0xffff_ffff,
      pad: 0,
      sync_fence_info: 0x1_0000_0000n,
    });
    expect(unmarshal(syncFileIoctls.SYNC_IOC_FILE_INFO, bytes, 0x1000n).sync_fence_info).toBe(0x1_0000_0000n);
    viewOf(bytes).setBigUint64(48, 0x1008n, true);
    expect(unmarshal(syncFileIoctls.SYNC_IOC_FILE_INFO, bytes, 0x1000n).sync_fence_info).toEqual([]);
  });
});

describe('relocations of a client that lies', () => {
  const block = (pointerAt: number, target: bigint) => {
    const bytes = new Uint8Array(64);
    viewOf(bytes).setBigUint64(pointerAt, target, true);
    return bytes;
  };
  it.each([
    ['past the end', [64], 0n],
    ['across the end', [60], 0n],
    ['not aligned', [4], 0n],
    ['twice', [8, 8], 0n],
    ['descending', [16, 8], 0n],
    ['huge', [0xffff_fff8], 0n],
    ['to a target at the end', [8], 64n],
    ['to a target that wraps around', [8], 0xffff_ffff_ffff_ffffn],
  ])('%s: RangeError, and the block is as it was', (_, offsets, target) => {
    const bytes = block(8, target);
    const before = bytes.slice();
    expect(() => relocate(bytes, Uint32Array.from([0, ...offsets]), 0x1000n)).toThrow(RangeError);
    expect(bytes).toEqual(before);
  });

  it('accepts a word of the block that points into it, at an offset in a larger buffer too', () => {
    const bytes = new Uint8Array(new ArrayBuffer(80), 16, 64);
    viewOf(bytes).setBigUint64(8, 63n, true);
    relocate(bytes, Uint32Array.of(8), 0x1000n);
    expect(viewOf(bytes).getBigUint64(8, true)).toBe(0x103fn);
  });
});
