import { describe, expect, it } from 'vitest';
import {
  HDMI_EOTF_SMPTE_ST2084,
  hdr_metadata_infoframe,
  hdr_output_metadata,
  modeIoctls,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
  DRM_MODE_ATOMIC_TEST_ONLY as TEST_ONLY,
} from '../../../../protocol/uapi/drm-mode.ts';
import { FRAME, HEIGHT, type LitDisplay, lit, WIDTH } from './lit-display.ts';
import type { MonitorFrame } from './pipe.ts';

const MAX_CLL = hdr_output_metadata.offsets.hdmi_metadata_type1 + hdr_metadata_infoframe.offsets.max_cll;

/** The metadata of a film whose brightest pixel has so many cd/m2. */
function metadata(max_cll: number): Uint8Array {
  const bytes = new Uint8Array(hdr_output_metadata.size);
  const view = new DataView(bytes.buffer);
  view.setUint8(hdr_output_metadata.offsets.hdmi_metadata_type1, HDMI_EOTF_SMPTE_ST2084);
  view.setUint16(MAX_CLL, max_cll, true);
  return bytes;
}

interface Seen {
  readonly pixel: number;
  readonly maxCll: number | null;
}

/** What the monitor got: the first pixel of each picture, and what came with it. */
function watch({ kernel, simkms }: LitDisplay): { seen: Seen[]; frames: MonitorFrame[] } {
  const seen: Seen[] = [];
  const frames: MonitorFrame[] = [];
  simkms.attachMonitor('Virtual-1', {
    frame: frame => {
      const { address, hdrMetadata: bytes } = frame;
      const view = bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const maxCll = view && hdr_output_metadata.read(view, 0).hdmi_metadata_type1.max_cll;
      seen.push({ pixel: new Uint32Array(kernel.memory.memory.buffer, address, 1)[0]! & 0xffffff, maxCll });
      frames.push(frame);
    },
  });
  return { seen, frames };
}

describe('HDR_OUTPUT_METADATA', () => {
  it('is none at first, and takes a blob of the very size or 0', () => {
    const { client, ids } = lit();
    const ask = (value: number) => client.errno([[ids.connector, { HDR_OUTPUT_METADATA: value }]], TEST_ONLY);
    expect(hdr_output_metadata.size).toBe(32);
    expect(client.value(ids.connector, 'HDR_OUTPUT_METADATA')).toBe(0n);
    expect(ask(0)).toBeNull();
    expect(ask(client.blob(metadata(1)))).toBeNull();
    for (const length of [1, 30, 31, 33, 64]) expect(ask(client.blob(new Uint8Array(length)))).toBe('EINVAL');
    expect(ask(9999)).toBe('EINVAL');
    expect(() => client.property(ids.writeback, 'HDR_OUTPUT_METADATA')).toThrow('no property');
  });

  it('reaches the monitor with the very picture that it was committed with', () => {
    const display = lit();
    const { client, ids, machine } = display;
    const films = [1, 2, 3].map(at => client.buffer(WIDTH, HEIGHT, at));
    const { seen } = watch(display);
    machine.advance(2n * FRAME);
    seen.length = 0;
    for (const [at, { fb }] of films.entries()) {
      const blob = client.blob(metadata(1000 * (at + 1)));
      client.commit(
        [
          [ids.primary, { FB_ID: fb }],
          [ids.connector, { HDR_OUTPUT_METADATA: blob }],
        ],
        NONBLOCK,
      );
      // The state holds it; the client need not.
      client.task.call(client.fd, modeIoctls.DRM_IOCTL_MODE_DESTROYPROPBLOB, { blob_id: blob });
      machine.advance(2n * FRAME);
    }
    client.commit([[ids.connector, { HDR_OUTPUT_METADATA: 0 }]], NONBLOCK);
    machine.advance(2n * FRAME);
    expect(seen).toEqual([
      { pixel: 1, maxCll: 1000 },
      { pixel: 2, maxCll: 2000 },
      { pixel: 3, maxCll: 3000 },
      { pixel: 3, maxCll: null },
    ]);
    expect(client.errno([[ids.connector, { HDR_OUTPUT_METADATA: 9999 }]], TEST_ONLY)).toBe('EINVAL');
  });

  it('changes by its content: another blob of the same bytes tells the monitor nothing', () => {
    const display = lit();
    const { client, ids, machine, front } = display;
    const { frames } = watch(display);
    const show = (blob: number) => {
      client.commit(
        [
          [ids.primary, { FB_ID: front.fb }],
          [ids.connector, { HDR_OUTPUT_METADATA: blob }],
        ],
        NONBLOCK,
      );
      machine.advance(2n * FRAME);
    };
    show(client.blob(metadata(400)));
    const first = frames.at(-1)!;
    expect(display.statistics().infoframes).toBe(1);
    show(client.blob(metadata(400)));
    expect(frames.at(-1)!.sequence).toBeGreaterThan(first.sequence);
    expect(frames.at(-1)!.hdrMetadata).toBe(first.hdrMetadata);
    expect(display.statistics().infoframes).toBe(1);
    show(client.blob(metadata(500)));
    show(0);
    expect(display.statistics().infoframes).toBe(3);
  });

  it('of a commit that was refused is not shown', () => {
    const display = lit();
    const { client, ids, machine } = display;
    const bright = client.blob(metadata(4000));
    const refused = client.errno(
      [
        [ids.connector, { HDR_OUTPUT_METADATA: bright }],
        [ids.primary, { CRTC_W: 1 }],
      ],
      NONBLOCK,
    );
    expect(refused).not.toBeNull();
    machine.advance(2n * FRAME);
    expect(client.value(ids.connector, 'HDR_OUTPUT_METADATA')).toBe(0n);
    expect(display.statistics().infoframes).toBe(0);
  });
});
