import { describe, expect, it } from 'vitest';
import { ERRNO } from '../../../../protocol/uapi/errno.ts';
import { POLLIN } from '../../../../protocol/uapi/fcntl.ts';
import {
  SIMGPU_PRIORITY_HIGH,
  SIMGPU_RESET_GUILTY,
  SIMGPU_RESET_INNOCENT,
  SIMGPU_RESET_NONE,
  SIMGPU_SUBMIT_FENCE_IN,
} from '../../../../protocol/uapi/simgpu.ts';
import { SYNC_IOC_FILE_INFO } from '../../../../protocol/uapi/sync-file.ts';
import { MILLISECOND, SECOND } from '../../../machine/machine.ts';
import { type Client, copy, createRig, fill, spin } from './test-kit.ts';

const RED = 0xffff0000;

const statusOf = ({ task }: Client, fence: number): number =>
  task.call(fence, SYNC_IOC_FILE_INFO, {}).status!;

describe('a job that does not end', () => {
  it('is stopped after the time-out; others run again and are told', () => {
    const { machine, client } = createRig({ simgpu: { timeout: 100n * MILLISECOND } });
    const [rogue, victim] = [client('rogue'), client('victim')];
    const image = victim.image(8, 8);
    const hung = rogue.submitForFence([spin()]);
    const behind = rogue.submitForFence([fill(rogue.image(8, 8), RED)]);
    const third = rogue.submitForFence([fill(rogue.image(8, 8), RED)]);
    const innocent = victim.submitForFence([fill(image, RED)]);
    machine.advance(99n * MILLISECOND);
    expect([hung, behind, third].map(fence => statusOf(rogue, fence))).toEqual([0, 0, 0]);
    expect(victim.resetStatus()).toBe(SIMGPU_RESET_NONE);
    machine.advance(2n * MILLISECOND);
    expect([hung, behind, third].map(fence => statusOf(rogue, fence))).toEqual([
      -ERRNO.ETIME,
      -ERRNO.ECANCELED,
      -ERRNO.ECANCELED,
    ]);
    expect(statusOf(victim, innocent)).toBe(1);
    expect(victim.pixels(image)[0]).toBe(RED);
    expect(rogue.resetStatus()).toBe(SIMGPU_RESET_GUILTY);
    expect(victim.resetStatus()).toBe(SIMGPU_RESET_INNOCENT);
    expect(victim.resetStatus()).toBe(SIMGPU_RESET_NONE);
  });

  it('costs its context the right to submit, and nobody else', () => {
    const { machine, client } = createRig({ simgpu: { timeout: 100n * MILLISECOND } });
    const rogue = client('rogue');
    const image = rogue.image(8, 8);
    rogue.submit([spin(101n * MILLISECOND)]);
    machine.advance(200n * MILLISECOND);
    expect(() => rogue.submit([fill(image, RED)])).toThrow('ECANCELED');
    const fence = rogue.submitForFence([fill(image, RED)], { context: rogue.createContext() });
    machine.advance(MILLISECOND);
    expect(statusOf(rogue, fence)).toBe(1);
  });

  it('hangs as well by many short spins as by one, whatever engine runs it', () => {
    const { machine, client } = createRig({ simgpu: { timeout: 100n * MILLISECOND } });
    const rogue = client('rogue');
    const half = spin(51n * MILLISECOND);
    const short = rogue.submitForFence([half]);
    machine.advance(60n * MILLISECOND);
    expect(statusOf(rogue, short)).toBe(1);
    const long = rogue.submitForFence([half, half]);
    machine.advance(110n * MILLISECOND);
    expect(statusOf(rogue, long)).toBe(-ERRNO.ETIME);
  });

  it('does the same whatever order the machine runs things in', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { machine, client } = createRig({
        machine: { seed, order: 'random' },
        simgpu: { timeout: 100n * MILLISECOND },
      });
      const [rogue, victim] = [client('rogue'), client('victim')];
      const hung = rogue.submitForFence([spin()]);
      const fences = [1, 2, 3].map(() => victim.submitForFence([fill(victim.image(8, 8), RED)]));
      machine.advance(SECOND);
      expect(statusOf(rogue, hung)).toBe(-ERRNO.ETIME);
      expect(fences.map(fence => statusOf(victim, fence))).toEqual([1, 1, 1]);
    }
  });
});

describe('priorities', () => {
  it('put a compositor before its clients, and clients in turn', () => {
    const { machine, client } = createRig();
    const [a, b] = [client('a'), client('b')];
    const compositor = client('compositor', {
      priority: SIMGPU_PRIORITY_HIGH,
      credentials: { seat: true },
    });
    const order: string[] = [];
    const submit = (who: Client, name: string) => {
      const fence = who.submitForFence([spin(MILLISECOND)]);
      who.task.watch(fence, POLLIN, () => order.push(name));
    };
    for (const at of [1, 2, 3]) submit(a, `a${at}`);
    submit(b, 'b1');
    machine.advance(MILLISECOND / 2n);
    submit(compositor, 'compositor');
    machine.advance(20n * MILLISECOND);
    // Two jobs were with the engine when the compositor came.
    expect(order).toEqual(['a1', 'b1', 'compositor', 'a2', 'a3']);
  });

  it('are not for everybody', () => {
    const { client } = createRig();
    expect(() => client('app', { priority: SIMGPU_PRIORITY_HIGH })).toThrow('EACCES');
  });
});

describe('a client that dies', () => {
  it('in the middle of a job leaves nothing behind', () => {
    const { machine, kernel, device, client } = createRig();
    const app = client('app');
    const used = kernel.memory.used;
    const [source, target] = [app.image(64, 64), app.image(64, 64)];
    app.pixels(source);
    app.submit([spin(3n * MILLISECOND), fill(source, RED), copy(target, source)]);
    app.submit([copy(source, target)]);
    machine.advance(MILLISECOND);
    app.task.exit();
    // The engine still reads and writes both.
    expect(device.objects.size).toBe(2);
    machine.advance(10n * MILLISECOND);
    expect(device.objects.size).toBe(0);
    expect(device.files.size).toBe(0);
    expect(kernel.memory.used).toBe(used);
    expect(kernel.dmaBufs.size).toBe(0);
    expect(kernel.threads.size).toBe(0);
  });

  it('has its waiting jobs cancelled, after what they wait for', () => {
    const { machine, kernel, client } = createRig({ simgpu: { timeout: 5n * SECOND } });
    const [app, watcher] = [client('app'), client('watcher')];
    const gate = watcher.submitForFence([spin(3n * SECOND)]);
    const held = app.submitForFence([fill(app.image(8, 8), RED)], {
      flags: SIMGPU_SUBMIT_FENCE_IN,
      in_fence_fd: watcher.task.send(gate, app.task),
    });
    const fence = app.task.send(held, watcher.task);
    app.task.exit();
    machine.advance(2n * SECOND);
    expect(statusOf(watcher, fence)).toBe(0);
    machine.advance(2n * SECOND);
    expect(statusOf(watcher, fence)).toBe(-ERRNO.ESRCH);
    expect(kernel.threads.size).toBe(0);
  });

  it('with the whole machine, while its jobs wait, runs nothing afterwards', () => {
    const { machine, kernel, client } = createRig();
    const app = client('app');
    for (let job = 0; job < 5; job++) app.submit([spin(MILLISECOND), fill(app.image(8, 8), RED)]);
    machine.advance(MILLISECOND);
    kernel[Symbol.dispose]();
    machine.advance(10n * SECOND);
    expect(machine.nextTimer).toBeNull();
  });

  it('does not take a buffer from those who share it', () => {
    const { machine, client } = createRig();
    const [app, compositor] = [client('app'), client('compositor')];
    const drawn = app.image(8, 8);
    const seen = compositor.import(app.task.send(app.export(drawn), compositor.task), drawn);
    app.submit([spin(MILLISECOND), fill(drawn, RED)]);
    app.task.exit();
    machine.advance(5n * MILLISECOND);
    expect(compositor.pixels(seen)[0]).toBe(RED);
  });
});
