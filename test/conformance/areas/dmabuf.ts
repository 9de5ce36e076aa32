import type { Probe } from '../probe.ts';
import { ioctls } from './dmabuf-calls.ts';
import { createDmaBuf } from './dmabuf-exporters.ts';
import { asFile } from './dmabuf-file.ts';
import { implicitFences, importedFences } from './dmabuf-implicit.ts';
import { mapped, mappings } from './dmabuf-mappings.ts';
import { vgemFences } from './dmabuf-vgem.ts';
import { waits } from './dmabuf-waits.ts';

/** Dma-bufs of five exporters, as files and as what their fences make of them; and vgem's fences. */
export const dmabuf = {
  name: 'dmabuf',
  run(probe: Probe): void {
    vgemFences(probe);
    for (const exporter of ['vgem', 'udmabuf', 'system-heap', 'vkms', 'virtio_gpu']) generic(probe, exporter);
  },
};

function generic(probe: Probe, exporter: string): void {
  const buffer = createDmaBuf(probe, exporter);
  probe.prefix = `dmabuf.${exporter}.`;
  probe.setup = `one dma-buf exported by ${exporter}, no fences ever attached`;
  asFile(probe, buffer);
  mappings(probe, buffer);
  mapped(probe, buffer);
  ioctls(probe, buffer);
  implicitFences(probe, exporter);
  importedFences(probe, exporter);
  waits(probe, exporter);
  probe.task.close(buffer);
  probe.prefix = '';
  probe.setup = '';
}
