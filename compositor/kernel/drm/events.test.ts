import { describe, expect, it } from 'vitest';
import { DRM_EVENT_VBLANK, drm_event } from '../../../protocol/uapi/drm.ts';
import { O_NONBLOCK, POLLIN } from '../../../protocol/uapi/fcntl.ts';
import type { DrmFile } from './file.ts';
import { CARD, createDrmRig } from './test-kit.ts';

function rig() {
  const all = createDrmRig(['modeset']);
  const app = all.open('app');
  const [file] = all.device.files as Set<DrmFile> & Iterable<DrmFile>;
  return { ...all, ...app, events: file!.events };
}

function event(length: number, mark: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(mark);
  drm_event.write(new DataView(bytes.buffer), 0, { type: DRM_EVENT_VBLANK, length });
  return bytes;
}

describe('events of a file', () => {
  it('come out whole, in order, and as many as fit', () => {
    const { task, fd, events } = rig();
    for (const mark of [1, 2, 3]) events.reserve(32).send(event(32, mark));
    expect(task.poll(fd, POLLIN)).toBe(POLLIN);
    expect(task.read(fd, 31)).toHaveLength(0);
    const two = task.read(fd, 95);
    expect([two.length, two[31], two[63]]).toEqual([64, 1, 2]);
    expect(task.read(fd, 4096)).toHaveLength(32);
    expect(task.poll(fd, POLLIN)).toBe(0);
  });

  it('are kept when the reader gives a bad address', () => {
    const { task, fd, events } = rig();
    events.reserve(32).send(event(32, 1));
    expect(() => task.readTo(fd, 0x10n, 32)).toThrow('EFAULT');
    expect(task.read(fd, 32)).toHaveLength(32);
  });

  it('are not waited for with an address that no process has', () => {
    const { task, fd } = rig();
    expect(() => task.readTo(fd, 0xffff_ffff_ffff_ff00n, 32)).toThrow('EFAULT');
    expect(() => task.readTo(fd, 0x7fff_ffff_eff0n, 32)).toThrow('EFAULT');
    expect(task.readTo(fd, 0x10n, 32)).not.toBeTypeOf('number');
  });

  it('are waited for, unless the file does not block', () => {
    const { machine, kernel, task, fd, events } = rig();
    const pending = events.reserve(32);
    const reading = task.startRead(fd, 1024);
    expect(reading.ended).toBe(false);
    pending.send(event(32, 7));
    machine.settle();
    expect(reading.result()).toHaveLength(32);
    const app = kernel.createTask({ name: 'nonblocking' });
    expect(() => app.read(app.open(CARD, O_NONBLOCK), 1024)).toThrow('EAGAIN');
    const interrupted = task.startRead(fd, 1024);
    interrupted.interrupt();
    machine.settle();
    expect(() => interrupted.result()).toThrow('EINTR');
  });

  it('have 4096 bytes of room from request to read', () => {
    const { task, fd, events } = rig();
    const pending = Array.from({ length: 128 }, () => events.reserve(32));
    expect(() => events.reserve(8)).toThrow('ENOMEM');
    pending[0]!.cancel();
    events.reserve(32).send(event(32, 1));
    expect(() => events.reserve(32)).toThrow('ENOMEM');
    task.read(fd, 32);
    events.reserve(32);
  });

  it('go nowhere when the file is closed first', () => {
    const { task, fd, events } = rig();
    const pending = events.reserve(32);
    let orphans = 0;
    pending.whenOrphaned(() => orphans++);
    task.close(fd);
    expect(orphans).toBe(1);
    pending.send(event(32, 1));
    expect(events.unread).toBe(0);
  });
});
