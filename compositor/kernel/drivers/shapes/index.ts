import { createDrmDevice } from '../../drm/core.ts';
import type { DrmDevice } from '../../drm/device.ts';
import { KmsDevice, type KmsDriver, registerKms } from '../../drm/kms/index.ts';
import type { Kernel } from '../../kernel.ts';
import { bochs } from './bochs.ts';
import type { Shape } from './shape.ts';
import { virtioGpu } from './virtio-gpu.ts';
import { vkms } from './vkms.ts';

/** Drivers of Linux whose shape there is. */
export type ShapeName = 'virtio_gpu' | 'bochs-drm' | 'vkms';

export interface ShapeOptions {
  readonly shape: ShapeName;
  /** Number of its `/dev/dri/card`. */
  readonly card: number;
  /** Number of its `/dev/dri/renderD`, for a shape that has one. */
  readonly render?: number;
}

/**
 * Adds devices in the shape of drivers of Linux, to compare with those: nodes for everybody, version, capabilities, GEM,
 * dumb buffers, PRIME, sync objects. They draw nothing, and their KMS has not a single output.
 */
export function createShapes(kernel: Kernel, wanted: readonly ShapeOptions[]): DrmDevice[] {
  return wanted.map(options => createShape(kernel, options));
}

function createShape(kernel: Kernel, { shape: name, card, render }: ShapeOptions): DrmDevice {
  const { driver, nodes, limits } = shapeOf(name, kernel);
  const device = createDrmDevice(
    kernel,
    driver,
    nodes.map(kind => {
      if (kind === 'primary') return { kind, path: `/dev/dri/card${card}`, access: 'everybody' };
      if (render === undefined) throw new Error(`${name} has a render node: give its number, from 128 up`);
      return { kind, path: `/dev/dri/renderD${render}`, access: 'everybody' };
    }),
  );
  registerKms(new KmsDevice(device, withoutOutputs(driver.name, limits)));
  return device;
}

function shapeOf(name: ShapeName, { behaviour }: Kernel): Shape {
  if (name === 'virtio_gpu') return virtioGpu;
  return name === 'vkms' ? vkms : bochs({ buffersInVideoMemory: behaviour.bochsHasVideoMemory });
}

/** Without a CRTC there is nothing to commit. */
function withoutOutputs(name: string, limits: Shape['limits']): KmsDriver {
  const nothing = (): never => {
    throw new Error(`${name} has no outputs`);
  };
  return { name, limits, check: () => {}, disable: nothing, arm: nothing, refresh: nothing };
}
