import { describe, expect, it } from 'vitest';
import { DRM_CLOEXEC, DRM_RDWR, drmIoctls } from '../../../../protocol/uapi/drm.ts';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  modeIoctls,
} from '../../../../protocol/uapi/drm-mode.ts';
import { DRM_FORMAT_XRGB8888 } from '../../../../protocol/uapi/fourcc.ts';
import { MILLISECOND } from '../../../machine/machine.ts';
import type { Kernel } from '../../kernel.ts';
import { errnoOf } from '../../task/fixture.ts';
import type { Task } from '../../task/task.ts';
import { createRig, fill } from '../simgpu/test-kit.ts';
import { createDisplay, lightUp } from '../simkms/testing.ts';
import { movableOf } from './device.ts';
import { createTtm } from './ttm.ts';

const [RED, BLUE] = [0xffff0000, 0xff0000ff];

/** A picture in the memory of a card, as a dma-buf of the process. */
function makePicture(kernel: Kernel, task: Task, width: number, height: number) {
  const ttm = createTtm(kernel);
  const card = task.open('/dev/dri/card8');
  const size = { width, height, bpp: 32 };
  const { handle, pitch } = task.call(card, modeIoctls.DRM_IOCTL_MODE_CREATE_DUMB, size);
  const { offset } = task.call(card, modeIoctls.DRM_IOCTL_MODE_MAP_DUMB, { handle: handle! });
  const [object] = ttm.device.objects;
  const flags = DRM_RDWR | DRM_CLOEXEC;
  const { fd } = task.call(card, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle: handle!, flags });
  const address = task.mmap(card, object!.size, { offset: offset! });
  const pixel = () => {
    const { buffer, byteOffset } = task.memory.view(address, 4, false);
    return new Uint32Array(buffer, byteOffset, 1)[0];
  };
  return { ttm, object: object!, fd: fd!, pitch: pitch!, pixel };
}

describe('a GPU that draws into memory of a card that moves it', () => {
  it('has its job done before the move, and the next one after it, at the new place', () => {
    const { kernel, machine, client } = createRig();
    const app = client('app');
    const { ttm, object, fd, pixel } = makePicture(kernel, app.task, 32, 32);
    const image = app.import(fd, { handle: 0, width: 32, height: 32 });
    app.submit([fill(image, RED)]);
    const eviction = kernel.thread('eviction', ttm.evict(object));
    machine.settle();
    expect([eviction.ended, movableOf(object).domain]).toEqual([false, 'vram']);
    machine.advance(10n * MILLISECOND);
    eviction.result();
    expect([movableOf(object).domain, pixel()]).toEqual(['system', RED]);
    app.submit([fill(image, BLUE)]);
    machine.advance(10n * MILLISECOND);
    expect([pixel(), movableOf(object).pins, kernel.warnings.entries]).toEqual([BLUE, 0, []]);
  });
});

describe('a display that shows memory of a card that moves it', () => {
  it('has it pinned for as long as it is shown', () => {
    const { kernel, machine, client } = createDisplay();
    const { task, fd: display } = client;
    const { ttm, object, fd, pitch } = makePicture(kernel, task, 64, 48);
    const handle = task.call(display, drmIoctls.DRM_IOCTL_PRIME_FD_TO_HANDLE, { fd }).handle!;
    const { fb_id } = task.call(display, modeIoctls.DRM_IOCTL_MODE_ADDFB2, {
      width: 64,
      height: 48,
      pixel_format: DRM_FORMAT_XRGB8888,
      handles: [handle, 0, 0, 0],
      pitches: [pitch, 0, 0, 0],
    });
    const evict = (): string | null => {
      const thread = kernel.thread('eviction', ttm.evict(object));
      machine.advance(MILLISECOND);
      return errnoOf(() => thread.result());
    };
    const ids = client.output();
    client.startCommit(lightUp(ids, fb_id!, 64, 48), ALLOW_MODESET);
    machine.advance(40n * MILLISECOND);
    expect(evict()).toBe('EBUSY');
    const other = client.buffer(64, 48);
    client.startCommit([[ids.primary, { FB_ID: other.fb }]], 0);
    machine.advance(40n * MILLISECOND);
    expect([evict(), movableOf(object).domain]).toEqual([null, 'system']);
    expect(kernel.warnings.entries).toEqual([]);
  });
});
