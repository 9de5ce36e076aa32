import { describe, expect, it, vi } from 'vitest';
import { drmIoctls } from '../../../protocol/uapi/drm.ts';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET as ALLOW_MODESET,
  DRM_MODE_ATOMIC_NONBLOCK as NONBLOCK,
} from '../../../protocol/uapi/drm-mode.ts';
import { MILLISECOND } from '../../machine/machine.ts';
import { dmaBufOf } from '../dma-buf/dma-buf.ts';
import { Reservation } from '../dma-buf/reservation.ts';
import { createRig, fill } from '../drivers/simgpu/test-kit.ts';
import { createDisplay, lightUp } from '../drivers/simkms/testing.ts';
import { fenceOf } from '../sync/sync-file.ts';
import { MODESET } from './lock-classes.ts';

const WIDTH = 64;
const HEIGHT = 48;

describe('a commit tail', () => {
  it('is a fence-signalling section, blocking or not, and breaks no rule', () => {
    const { client, machine, kernel } = createDisplay();
    const sections = vi.spyOn(kernel.locks, 'signallingThread');
    const ids = client.output();
    const [front, back] = [client.buffer(WIDTH, HEIGHT), client.buffer(WIDTH, HEIGHT)];
    client.startCommit(lightUp(ids, front.fb, WIDTH, HEIGHT), ALLOW_MODESET);
    machine.advance(40n * MILLISECOND);
    client.commit([[ids.primary, { FB_ID: back.fb }]], NONBLOCK);
    machine.advance(40n * MILLISECOND);
    expect(sections.mock.calls.map(([what]) => what)).toEqual(['commit tail', 'commit tail']);
    expect([kernel.locks.inSection, kernel.warnings.entries]).toEqual([false, []]);
  });
});

describe('a blocking commit', () => {
  it('takes modeset locks and no others, and breaks no rule with them', () => {
    const { client, machine, kernel } = createDisplay();
    const ids = client.output();
    const front = client.buffer(WIDTH, HEIGHT);
    const held: string[] = [];
    const { acquired } = kernel.locks;
    vi.spyOn(kernel.locks, 'acquired').mockImplementation((lock, context) => {
      held.push(lock.lockClass);
      acquired.call(kernel.locks, lock, context);
    });
    client.startCommit(lightUp(ids, front.fb, WIDTH, HEIGHT), ALLOW_MODESET);
    machine.advance(40n * MILLISECOND);
    expect(new Set(held)).toEqual(new Set([MODESET]));
    expect(kernel.warnings.entries).toEqual([]);
    // It waits for fences with them held: who signals one may not take them any more.
    const lock = { what: 'the lock of a plane', lockClass: MODESET };
    expect(() => kernel.locks.signalling('vblank', () => kernel.locks.mightLock(lock))).toThrow(
      'no lock in a fence-signalling section',
    );
  });
});

describe('the scheduler of the GPU', () => {
  function running() {
    const rig = createRig();
    const app = rig.client('app');
    const image = app.image(16, 16);
    const fence = fenceOf(app.task, app.submitForFence([fill(image, 1)]));
    return { ...rig, app, image, fence };
  }

  it('is a fence-signalling section: who is told that a job is done takes no lock', () => {
    const { kernel, machine, fence } = running();
    const { lock } = new Reservation(kernel, 'some buffer');
    fence.addCallback(() => void lock.lockAtOnce());
    expect(() => machine.advance(10n * MILLISECOND)).toThrow('no lock in a fence-signalling section');
    expect(kernel.warnings.entries[0]!.message).toContain('simgpu scheduler');
  });

  it('neither attaches to a buffer nor detaches from one', () => {
    const { kernel, app, image } = running();
    const buffer = dmaBufOf(app.task.files.get(app.export(image)));
    const rule = 'no lock in a fence-signalling section';
    const attachment = buffer.attach({ name: 'other' });
    const section = (body: () => void) => () => kernel.locks.signalling('simgpu scheduler', body);
    expect(section(() => buffer.attach({ name: 'third' }))).toThrow('in a fence-signalling section');
    expect(section(() => attachment[Symbol.dispose]())).toThrow(rule);
    expect(buffer.attachments.size).toBe(1);
  });

  it('lets go of what a job used outside of it, where that may take locks', () => {
    const { kernel, machine, app, image, device, fence } = running();
    const [object] = device.objects;
    const inSection: boolean[] = [];
    const free = object!.backing[Symbol.dispose].bind(object!.backing);
    object!.backing[Symbol.dispose] = () => {
      inSection.push(kernel.locks.inSection);
      free();
    };
    app.task.call(app.fd, drmIoctls.DRM_IOCTL_GEM_CLOSE, { handle: image.handle });
    machine.advance(10n * MILLISECOND);
    expect([fence.signalled, inSection, kernel.warnings.entries]).toEqual([true, [false], []]);
  });
});
