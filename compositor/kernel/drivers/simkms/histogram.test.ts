import { describe, expect, it } from 'vitest';
import { drmIoctls } from '../../../../protocol/uapi/drm.ts';
import {
  drm_color_lut,
  modeIoctls,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
  DRM_MODE_ATOMIC_TEST_ONLY as TEST_ONLY,
} from '../../../../protocol/uapi/drm-mode.ts';
import { F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_WRITE } from '../../../../protocol/uapi/fcntl.ts';
import {
  DRM_CLIENT_CAP_SIMKMS_HISTOGRAM,
  simkms_histogram_record as record,
} from '../../../../protocol/uapi/simkms.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import type { Engine } from '../../engine/engine.ts';
import { VirtualEngine } from '../../engine/virtual-engine.ts';
import { countInto, countMaxRgb, FRAME, lit, readRecord, recordMemfd, visible } from './lit-display.ts';

describe('a histogram', () => {
  it('needs a memfd that is sealed against shrinking, may be written, and is long enough', () => {
    const display = lit();
    const { client, ids } = display;
    const ask = (fd: number) =>
      client.errno([[ids.crtc, { HISTOGRAM_ENABLE: 1, HISTOGRAM_FD: fd }]], TEST_ONLY);
    expect(ask(recordMemfd(display))).toBeNull();
    expect(ask(recordMemfd(display, record.size, F_SEAL_GROW))).toBe('EINVAL');
    expect(ask(recordMemfd(display, record.size, F_SEAL_SHRINK | F_SEAL_WRITE))).toBe('EINVAL');
    expect(ask(recordMemfd(display, record.size - 1))).toBe('EINVAL');
    expect(ask(client.fd)).toBe('EINVAL');
    expect(ask(-1)).toBe('EINVAL');
    expect(client.errno([[ids.crtc, { HISTOGRAM_FD: recordMemfd(display) }]], TEST_ONLY)).toBe('EINVAL');
    expect(client.errno([[ids.crtc, { HISTOGRAM_FENCE_PTR: display.word }]], NONBLOCK)).toBe('EINVAL');
    expect(client.value(ids.crtc, 'HISTOGRAM_FD')).toBe(0xffff_ffff_ffff_ffffn);
  });

  it('is for clients that opted in, whoever else guesses its properties', () => {
    const display = lit();
    const { client, ids } = display;
    const request = {
      flags: TEST_ONLY,
      objs_ptr: [ids.crtc],
      count_props_ptr: [2],
      props_ptr: ['HISTOGRAM_ENABLE', 'HISTOGRAM_FD'].map(name => client.property(ids.crtc, name)),
      prop_values_ptr: [1n, BigInt(recordMemfd(display))],
    };
    const ask = () => client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_ATOMIC, request);
    ask();
    const capability = DRM_CLIENT_CAP_SIMKMS_HISTOGRAM;
    client.task.call(client.fd, drmIoctls.DRM_IOCTL_SET_CLIENT_CAP, { capability, value: 0n });
    expect(ask).toThrow('EINVAL');
  });

  it('is of one commit: the next counts nothing unless it asks too', () => {
    const display = lit();
    const { client, machine, ids, statistics } = display;
    client.commit([countInto(display, recordMemfd(display))], NONBLOCK);
    expect(client.value(ids.crtc, 'HISTOGRAM_ENABLE')).toBe(1n);
    machine.advance(2n * FRAME);
    client.commit([[ids.primary, { CRTC_X: 0 }]], NONBLOCK);
    expect(client.value(ids.crtc, 'HISTOGRAM_ENABLE')).toBe(0n);
    machine.advance(2n * FRAME);
    expect(statistics()).toMatchObject({ flips: 3, framesScanned: 1 });
  });
});

describe('hist-and-capture-agree', () => {
  it('counts the pixels that the writeback of the same frame shows, and names its vblank and commit', () => {
    const display = lit();
    const { client, machine, ids, target, word, fenceAt } = display;
    const fd = recordMemfd(display);
    client.commit(
      [
        countInto(display, fd),
        [ids.writeback, { WRITEBACK_FB_ID: target.fb }],
        [ids.crtc, { OUT_FENCE_PTR: word + 4n }],
      ],
      NONBLOCK,
      77n,
    );
    const [fence, flip] = [fenceAt(0), fenceAt(4)];
    expect(fence.context).not.toBe(flip.context);
    machine.advance(2n * FRAME);
    const answer = readRecord(display, fd);
    expect([...answer.bins]).toEqual(countMaxRgb(visible(target)));
    expect(answer).toMatchObject({ flags: 1, user_data: 77n, time_ns: flip.timestamp, pixels: 3072n });
  });

  it('is both taken after gamma', () => {
    const display = lit();
    const { client, machine, ids, front, target } = display;
    const lut = new Uint8Array(256 * drm_color_lut.size);
    const view = new DataView(lut.buffer);
    for (let index = 0; index < 256; index++) {
      const half = Math.floor(index / 2) * 257;
      drm_color_lut.write(view, index * 8, { red: half, green: half, blue: half, reserved: 0 });
    }
    const fd = recordMemfd(display);
    client.commit(
      [
        [ids.crtc, { GAMMA_LUT: client.blob(lut) }],
        countInto(display, fd),
        [ids.writeback, { WRITEBACK_FB_ID: target.fb }],
      ],
      NONBLOCK,
    );
    machine.advance(2n * FRAME);
    const bins = [...readRecord(display, fd).bins];
    expect(bins).toEqual(countMaxRgb(visible(target)));
    expect(bins).not.toEqual(countMaxRgb(visible(front)));
    expect(bins.slice(128).every(many => many === 0)).toBe(true);
  });
});

describe('hist-ready-fence', () => {
  it('is not signalled before the last line of the frame has gone out, and the record is whole then', () => {
    const display = lit();
    const { client, machine, ids, word, fenceAt } = display;
    const fd = recordMemfd(display);
    client.commit([countInto(display, fd), [ids.crtc, { OUT_FENCE_PTR: word + 4n }]], NONBLOCK);
    const [ready, flip] = [fenceAt(0), fenceAt(4)];
    machine.runUntil(() => flip.signalled, FRAME);
    expect(ready.signalled).toBe(false);
    expect(readRecord(display, fd).flags).toBe(0);
    let flags = -1;
    ready.addCallback(() => {
      flags = readRecord(display, fd).flags;
    });
    machine.advance(FRAME);
    expect(flags).toBe(1);
    const { vdisplay, htotal, clock } = ids.modes[0]!;
    const active = (BigInt(vdisplay * htotal) * 1_000_000n) / BigInt(clock);
    expect(ready.timestamp! - flip.timestamp!).toBeGreaterThanOrEqual(active - 1n);
  });

  it('ends in error, and the record stays incomplete, when the engine is reset in the middle of the frame', () => {
    let engine: Engine | undefined;
    const display = lit({
      engine: (machine, memory) => {
        engine = new VirtualEngine(machine, memory, 'display');
        return engine;
      },
      speed: { bytesPerMicrosecond: 2, setupNanoseconds: 0 },
    });
    const { client, machine, ids, word, fenceAt, statistics } = display;
    const fd = recordMemfd(display);
    client.commit([countInto(display, fd), [ids.crtc, { OUT_FENCE_PTR: word + 4n }]], NONBLOCK);
    const [ready, flip] = [fenceAt(0), fenceAt(4)];
    machine.runUntil(() => flip.signalled, FRAME);
    machine.advance(5n * MILLISECOND);
    engine!.reset('test');
    machine.advance(FRAME);
    expect(ready.status).toBe('EIO');
    expect(readRecord(display, fd).flags).toBe(0);
    expect(statistics()).toMatchObject({ framesLost: 1, framesScanned: 0 });
    client.commit([countInto(display, fd)], NONBLOCK);
    machine.advance(3n * FRAME);
    expect(readRecord(display, fd).flags).toBe(1);
  });
});
