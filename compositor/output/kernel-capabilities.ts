// What the devices can do, as the protocol objects ask it.
import { DRM_FORMAT_MOD_LINEAR } from '../../protocol/uapi/fourcc.ts';
import { KernelError } from '../kernel/task/index.ts';
import { importImage } from '../render/image-cache.ts';
import { isPassing } from '../render/passing.ts';
import { RENDER_FORMATS } from '../render/pixel-format.ts';
import type { RenderDevice } from '../render/render-device.ts';
import type {
  DmabufDescription,
  FormatTranche,
  KernelCapabilities,
  Outcome,
} from '../scene/kernel-capabilities.ts';
import type { Timeline } from '../scene/synchronisation.ts';
import { syncFileStatus } from '../sync/sync-file.ts';
import type { SyncobjDevice } from '../sync/syncobj-device.ts';
import type { Card } from './card.ts';

export class TaskKernelCapabilities implements KernelCapabilities {
  readonly mainDevice: bigint;
  readonly tranches: readonly FormatTranche[];
  readonly #device: RenderDevice;
  readonly #syncobjs: SyncobjDevice;

  constructor(device: RenderDevice, card: Card, syncobjs: SyncobjDevice) {
    this.#device = device;
    this.#syncobjs = syncobjs;
    this.mainDevice = device.deviceNumber;
    const shown = new Set(
      card.pipes.flatMap(({ primary, overlays }) => [primary, ...overlays].flatMap(({ formats }) => formats)),
    );
    const tranche = (number: bigint, scanout: boolean, formats: readonly number[]): FormatTranche => ({
      device: number,
      scanout,
      formats: formats.map(format => ({ format, modifiers: [DRM_FORMAT_MOD_LINEAR] })),
    });
    this.tranches = [
      tranche(
        card.deviceNumber,
        true,
        RENDER_FORMATS.filter(format => shown.has(format)),
      ),
      tranche(this.mainDevice, false, RENDER_FORMATS),
    ];
  }

  tryImport(buffer: DmabufDescription): Outcome<null> {
    return outcome(() => {
      importImage(this.#device, buffer)[Symbol.dispose]();
      return null;
    });
  }

  importTimeline(fd: number): Outcome<{ timeline: Timeline; hold: Disposable }> {
    return outcome(() => this.#syncobjs.importTimeline(fd));
  }

  isSyncFile(fd: number): boolean {
    try {
      syncFileStatus(this.#device.task, fd);
      return true;
    } catch (error) {
      // What it could not say for lack of something is not held against the client.
      return isPassing(error);
    }
  }
}

function outcome<T>(call: () => T): Outcome<T> {
  try {
    return { value: call() };
  } catch (error) {
    if (error instanceof KernelError) return { error: error.message };
    throw error;
  }
}
