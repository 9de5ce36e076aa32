import { DRM_CLIENT_CAP_SIMKMS_HISTOGRAM } from '../../../../protocol/uapi/simkms.ts';
import type { Machine } from '../../../machine/machine.ts';
import { createDrmDevice } from '../../drm/core.ts';
import type { DrmDevice, DrmDriver, DrmFeature } from '../../drm/device.ts';
import type { DrmFile } from '../../drm/file.ts';
import type { Crtc } from '../../drm/kms/crtc.ts';
import { KmsDevice, registerKms } from '../../drm/kms/index.ts';
import { DEFAULT_DEVICE_SPEED, type DeviceSpeed } from '../../engine/cost.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Kernel } from '../../kernel.ts';
import { require } from '../../task/kernel-error.ts';
import { type Frame, frameOf } from './frame.ts';
import { CURSOR_MAXIMUM, checkLimits, DEFAULT_OVERLAYS, type OverlayLimits, SIZE_LIMITS } from './limits.ts';
import { createOutput, type Output, type OutputOptions } from './output.ts';
import { type Monitor, Pipe, type PipeStatistics } from './pipe.ts';
import { ScanMemory } from './scan-memory.ts';

export interface SimkmsOptions {
  outputs: readonly OutputOptions[];
  /** The hardware: a `VirtualEngine` in tests, a `WorkerEngine` in real time. The kernel disposes of it. */
  engine(machine: Machine, memory: WebAssembly.Memory): Engine;
  /** Cost model of the scan-out; default `DEFAULT_DEVICE_SPEED`. */
  speed?: DeviceSpeed;
  /** What its overlays can do; default: scale up to four times, read two screens full of pixels. */
  overlays?: Partial<OverlayLimits>;
  /** Default /dev/dri/card0. */
  path?: string;
}

const features: ReadonlySet<DrmFeature> = new Set(['gem', 'modeset', 'atomic', 'dumb']);

/** The display: its device, and what is outside of the computer, the cables. */
export class Simkms {
  readonly device: DrmDevice;
  readonly #outputs: readonly { readonly output: Output; readonly pipe: Pipe }[];

  /** Made by `createSimkms`. */
  constructor(device: DrmDevice, outputs: readonly { readonly output: Output; readonly pipe: Pipe }[]) {
    this.device = device;
    this.#outputs = outputs;
  }

  /** Names of the connectors that have a cable. */
  get connectors(): string[] {
    return this.#outputs.map(({ output }) => output.connector.name);
  }

  /** Looks at a cable until disposed. Looking is what makes scan-out cost anything. */
  attachMonitor(connector: string, monitor: Monitor): Disposable {
    return this.#pipe(connector).attach(monitor);
  }

  /** What the hardware behind a connector has done. */
  statistics(connector: string): PipeStatistics {
    return this.#pipe(connector).statistics;
  }

  #pipe(connector: string): Pipe {
    const found = this.#outputs.find(({ output }) => output.connector.name === connector);
    if (!found)
      throw new Error(`there is no connector ${connector}; there are ${this.connectors.join(', ')}`);
    return found.pipe;
  }
}

/**
 * The display device at `/dev/dri/card0`, for the seat. Each output has a CRTC with a primary plane, two overlays that
 * scale (up to four times), a cursor up to 256x256, a connector, and a writeback connector that may share the CRTC with it.
 *
 * Commits latch at vblanks. Their pictures are read out, in bands, only when somebody looks: a writeback, a histogram or
 * a monitor. What it refuses beyond the rules of KMS is in `limits.ts`.
 */
export function createSimkms(kernel: Kernel, options: SimkmsOptions): Simkms {
  const path = options.path ?? '/dev/dri/card0';
  const overlays = { ...DEFAULT_OVERLAYS, ...options.overlays };
  const pipes = new Map<Crtc, Pipe>();
  const native = new Map<Crtc, Output>();
  const device = createDrmDevice(
    kernel,
    drmDriver(file => kms.client(file)),
    [{ kind: 'primary', path, access: 'seat' }],
  );
  const kms: KmsDevice = new KmsDevice(device, {
    name: 'simkms',
    limits: SIZE_LIMITS,
    check: state => checkLimits(state, native, overlays),
    disable: crtc => pipes.get(crtc)!.disable(),
    arm: (crtc, commit) => pipes.get(crtc)!.arm(shownBy(crtc), commit),
    refresh: crtc => pipes.get(crtc)!.refresh(shownBy(crtc)),
  });
  const shownBy = (crtc: Crtc): Frame => frameOf(crtc, kms.planes, native.get(crtc)!.connector);
  const engine = kernel.own(options.engine(kernel.machine, kernel.memory.memory));
  const speed = options.speed ?? DEFAULT_DEVICE_SPEED;
  const outputs = options.outputs.map(wanted => {
    const output = createOutput(kms, wanted, overlays);
    const memory = kernel.own(new ScanMemory(kernel.memory, wanted.width, wanted.height));
    const pipe = kernel.own(new Pipe({ crtc: output.crtc, machine: kernel.machine, engine, speed, memory }));
    pipes.set(output.crtc, pipe);
    native.set(output.crtc, output);
    return { output, pipe };
  });
  registerKms(kms);
  return new Simkms(device, outputs);
}

function drmDriver(client: (file: DrmFile) => { histogram: boolean }): DrmDriver {
  return {
    name: 'simkms',
    description: 'Simulated display',
    date: '0',
    version: [1, 0, 0],
    features,
    modeCaps: {
      preferredDepth: 24,
      cursorWidth: CURSOR_MAXIMUM,
      cursorHeight: CURSOR_MAXIMUM,
      addfb2Modifiers: true,
    },
    setClientCap: (file, capability, value) => {
      if (capability !== DRM_CLIENT_CAP_SIMKMS_HISTOGRAM) return false;
      require(file.clientCaps.atomic > 0, 'EINVAL', 'the histogram comes after ATOMIC');
      require(value <= 1n, 'EINVAL', `the histogram takes 0 or 1, not ${value}`);
      client(file).histogram = value === 1n;
      return true;
    },
  };
}
