import { drmIoctls } from '../../../protocol/uapi/drm.ts';
import { ioctl, openDriver } from '../calls.ts';
import type { Probe } from '../probe.ts';
import { Syncobjs } from './syncobj-calls.ts';
import { eventfds } from './syncobj-eventfd.ts';
import { files } from './syncobj-files.ts';
import { timelines } from './syncobj-timeline.ts';
import { waits } from './syncobj-waits.ts';

const CAP_SYNCOBJ = 0x13n;
const CAP_SYNCOBJ_TIMELINE = 0x14n;

/** Binary and timeline sync objects, on whatever device has them. */
export const syncobj = {
  name: 'syncobj',
  run(probe: Probe): void {
    for (const driver of ['vgem', 'vkms', 'bochs-drm', 'virtio_gpu']) device(probe, driver);
  },
};

function device(probe: Probe, driver: string): void {
  let fd = openDriver(probe, driver);
  if (fd < 0) fd = openDriver(probe, driver, 'renderD');
  if (fd < 0) return;
  const cap = (capability: bigint): bigint =>
    ioctl(probe, fd, drmIoctls.DRM_IOCTL_GET_CAP, { capability }).out.value;
  const timeline = cap(CAP_SYNCOBJ_TIMELINE);
  probe.prefix = `syncobj.${driver}.`;
  probe.setup = `${driver}: DRM_CAP_SYNCOBJ=${cap(CAP_SYNCOBJ)} DRM_CAP_SYNCOBJ_TIMELINE=${timeline}`;
  const objects = new Syncobjs(probe, fd);
  const first = objects.create();
  const made = () => ({ handle: first.handle });
  if (probe.call('create.0', 'CREATE flags=0', () => first, made).errno) refused(probe, objects);
  else {
    probe.setup = '';
    const binary = waits(probe, objects, first.handle);
    files(probe, objects, driver, binary);
    if (timeline !== 0n) timelines(probe, objects, binary);
    eventfds(probe, objects, timeline !== 0n);
    many(probe, objects);
  }
  probe.task.close(fd);
}

/** A device without them refuses each of the calls. */
function refused(probe: Probe, objects: Syncobjs): void {
  probe.call('wait', 'WAIT', () => objects.wait([0], 0));
  probe.call('timeline_wait', 'TIMELINE_WAIT', () => objects.waitPoint(0, 1n, 0));
  probe.call('signal', 'SIGNAL', () => objects.signal([0]));
  probe.call('reset', 'RESET', () => objects.reset([0]));
  probe.call('query', 'QUERY', () => objects.query(0));
  probe.call('transfer', 'TRANSFER', () =>
    objects.transfer({ handle: 0, point: 1n }, { handle: 0, point: 1n }),
  );
  probe.call('destroy', 'DESTROY', () => objects.destroy(1));
  probe.call('h2fd', 'HANDLE_TO_FD', () => objects.toFd(1));
  probe.call('fd2h', 'FD_TO_HANDLE', () => objects.fromFd(0));
  probe.call('timeline_signal', 'TIMELINE_SIGNAL', () => objects.signalPoint(0, 1n));
  probe.call('eventfd', 'EVENTFD', () => objects.notify(1, 0n, 0));
}

function many(probe: Probe, objects: Syncobjs): void {
  const handles = Array.from({ length: 300 }, () => objects.make(1));
  probe.setup = '300 signalled syncobjs';
  for (const [name, what, flags] of [
    ['wait.300-all', 'WAIT ALL 300 handles', 1],
    ['wait.300-any', 'WAIT any 300 handles', 0],
  ] as const) {
    const waited = objects.wait(handles, 50, flags);
    probe.call(
      name,
      what,
      () => waited,
      () => ({ first_signaled: waited.first }),
    );
  }
}
