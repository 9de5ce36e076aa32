import type { Binary } from './binary.ts';
import { coreAuth, coreSetmaster, coreSetmasterVsAuth } from './core-auth.ts';
import { coreHotunplug } from './core-hotunplug.ts';
import { coreGetclient, coreGetstats, coreGetversion } from './core-identity.ts';
import { dmabuf } from './dmabuf.ts';
import { dmabufSyncFile } from './dmabuf-sync-file.ts';
import { drmRead } from './drm-read.ts';
import { dumbBuffer } from './dumb-buffer.ts';
import { primeVgem } from './prime-vgem.ts';
import { swSync } from './sw-sync.ts';
import { syncobjBasic } from './syncobj-basic.ts';
import { syncobjEventfd } from './syncobj-eventfd.ts';
import { syncobjTimeline } from './syncobj-timeline.ts';
import { syncobjWait } from './syncobj-wait.ts';
import { vgemBasic, vgemSlow } from './vgem-basic.ts';

/** The tests, by the binaries that they are named after. */
export const binaries: readonly Binary[] = [
  swSync,
  dmabufSyncFile,
  syncobjBasic,
  syncobjWait,
  syncobjTimeline,
  syncobjEventfd,
  vgemBasic,
  vgemSlow,
  primeVgem,
  dmabuf,
  dumbBuffer,
  drmRead,
  coreAuth,
  coreSetmaster,
  coreSetmasterVsAuth,
  coreGetclient,
  coreGetversion,
  coreGetstats,
  coreHotunplug,
];
