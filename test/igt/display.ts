import { equal } from 'node:assert/strict';
import { DisplayClient, lightUp, type OutputIds } from '../../compositor/kernel/drivers/simkms/testing.ts';
import { DRM_MODE_ATOMIC_ALLOW_MODESET } from '../../protocol/uapi/drm-mode.ts';
import { O_CLOEXEC, O_RDWR } from '../../protocol/uapi/fcntl.ts';
import type { Probe } from '../conformance/probe.ts';
import { DISPLAY, HEIGHT, WIDTH } from './system.ts';

export interface LitDisplay {
  readonly client: DisplayClient;
  readonly ids: OutputIds;
  /** The open file. */
  readonly fd: number;
}

/** Opens the display and shows a black picture; `flags` are those of open(2). */
export function lightDisplay(probe: Probe, flags = 0): LitDisplay {
  const fd = probe.task.open(DISPLAY, O_RDWR | O_CLOEXEC | flags);
  const client = new DisplayClient(probe.task, fd);
  const ids = client.output();
  const { fb } = client.buffer(WIDTH, HEIGHT);
  const thread = client.startCommit(lightUp(ids, fb, WIDTH, HEIGHT), DRM_MODE_ATOMIC_ALLOW_MODESET);
  probe.finish(thread);
  equal(client.value(ids.crtc, 'ACTIVE'), 1n);
  return { client, ids, fd };
}
