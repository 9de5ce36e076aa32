import type { Probe } from '../probe.ts';
import { dmabuf } from './dmabuf.ts';
import { env } from './env.ts';
import { memfd } from './memfd.ts';
import { syncfile } from './syncfile.ts';
import { syncobj } from './syncobj.ts';
import { udmabuf } from './udmabuf.ts';
import { vgem } from './vgem.ts';

/** One probe program: what it asks, and the recording of the same name. */
export interface Area {
  readonly name: string;
  run(probe: Probe): void;
}

/** Areas in the order in which they were recorded. Each has a machine of its own. */
export const areas: readonly Area[] = [env, dmabuf, syncfile, vgem, memfd, udmabuf, syncobj];
