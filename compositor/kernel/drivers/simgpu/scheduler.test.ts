import { describe, expect, it } from 'vitest';
import { ERRNO } from '../../../../protocol/uapi/errno.ts';
import { POLLIN } from '../../../../protocol/uapi/fcntl.ts';
import {
  SIMGPU_PRIORITY_HIGH,
  SIMGPU_PRIORITY_LOW,
  SIMGPU_PRIORITY_NORMAL,
  SIMGPU_RESET_GUILTY,
  SIMGPU_RESET_INNOCENT,
  SIMGPU_SUBMIT_FENCE_IN,
  SIMGPU_SUBMIT_SYNCOBJ,
  simgpuIoctls,
} from '../../../../protocol/uapi/simgpu.ts';
import { SYNC_IOC_FILE_INFO } from '../../../../protocol/uapi/sync-file.ts';
import { syncobjIoctls } from '../../../../protocol/uapi/syncobj.ts';
import { MILLISECOND, SECOND } from '../../../machine/machine.ts';
import { type Client, copy, createRig, fill, spin } from './test-kit.ts';

const RED = 0xffff0000;
const [HIGH, NORMAL, LOW] = [SIMGPU_PRIORITY_HIGH, SIMGPU_PRIORITY_NORMAL, SIMGPU_PRIORITY_LOW];

const statusOf = ({ task }: Client, fence: number): number =>
  task.call(fence, SYNC_IOC_FILE_INFO, {}).status!;

const resetOf = ({ task, fd }: Client, id: number): number =>
  task.call(fd, simgpuIoctls.SIMGPU_CONTEXT_QUERY, { id }).reset_status!;

/** A process that may hurry, and the order in which its jobs end. */
function rigWithOrder(options?: Parameters<typeof createRig>[0]) {
  const rig = createRig(options);
  const app = rig.client('app', { credentials: { seat: true } });
  const order: string[] = [];
  const follow = (name: string, fence: number): number => {
    app.task.watch(fence, POLLIN, () => order.push(name));
    return fence;
  };
  /** A job of a millisecond. */
  const work = (name: string, context: number, after?: number): number =>
    follow(
      name,
      app.submitForFence([spin(MILLISECOND)], {
        context,
        ...(after !== undefined && { flags: SIMGPU_SUBMIT_FENCE_IN, in_fence_fd: after }),
      }),
    );
  return { ...rig, app, order, follow, work };
}

describe('priorities under load', () => {
  it('run in their order, contexts of one priority in turn, jobs of a context one after the other', () => {
    const { app, machine, order, work } = rigWithOrder();
    const [gate] = [app.submitForFence([spin(5n * MILLISECOND)])];
    const contexts = [LOW, LOW, NORMAL, NORMAL, HIGH, HIGH].map(priority => app.createContext(priority));
    const names = ['low a', 'low b', 'normal a', 'normal b', 'high a', 'high b'];
    for (const round of [1, 2, 3])
      for (const [at, context] of contexts.entries()) work(`${names[at]} ${round}`, context, gate);
    machine.advance(40n * MILLISECOND);
    const turns = (level: string) =>
      [1, 2, 3].flatMap(round => [`${level} a ${round}`, `${level} b ${round}`]);
    expect(order).toEqual([...turns('high'), ...turns('normal'), ...turns('low')]);
  });

  it('are strict: a low one waits for as long as there is other work, and then runs', () => {
    const { app, machine, order, follow, work } = rigWithOrder();
    let left = 60;
    const busy = (context: number): void => {
      if (left-- <= 0) return;
      const fence = app.submitForFence([spin(MILLISECOND)], { context });
      follow('normal', fence);
      app.task.watch(fence, POLLIN, () => busy(context));
    };
    for (let at = 0; at < 4; at++) busy(app.createContext(NORMAL));
    work('low', app.createContext(LOW));
    machine.advance(50n * MILLISECOND);
    expect(order).not.toContain('low');
    expect(order.length).toBeGreaterThan(40);
    machine.advance(20n * MILLISECOND);
    expect(order).toEqual([...new Array(60).fill('normal'), 'low']);
  });

  it('do not overtake what they wait for, and hold nobody up meanwhile', () => {
    const { app, machine, order, work } = rigWithOrder();
    const [high, normal, low] = [HIGH, NORMAL, LOW].map(priority => app.createContext(priority));
    const first = work('low 1', low!);
    const gate = work('low 2', low!, first);
    work('high 1', high!, gate);
    work('high 2', high!);
    for (const round of [1, 2, 3]) work(`normal ${round}`, normal!);
    machine.advance(20n * MILLISECOND);
    // Priority is not inherited: what the high job waits for waits for its own turn.
    expect(order).toEqual(['normal 1', 'normal 2', 'normal 3', 'low 1', 'low 2', 'high 1', 'high 2']);
  });
});

describe('dependencies', () => {
  const timeline = (app: Client): number =>
    app.task.call(app.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, {}).handle!;

  it('cannot make a ring: a point must have its job before another may wait for it', () => {
    const { app, machine, order, follow } = rigWithOrder();
    const [a, b] = [timeline(app), timeline(app)];
    const flags = SIMGPU_SUBMIT_SYNCOBJ;
    const waitFor = (handle: number, signal: number, context: number) =>
      app.submitForFence([spin(MILLISECOND)], {
        flags,
        context,
        in_syncs: [{ handle, point: 1n }],
        out_syncs: [{ handle: signal, point: 1n }],
      });
    const [one, two] = [app.createContext(), app.createContext()];
    expect(() => waitFor(b, a, one)).toThrow('EINVAL');
    expect(() => waitFor(a, b, two)).toThrow('EINVAL');
    // Nor one of a single job.
    expect(() => waitFor(a, a, one)).toThrow('EINVAL');
    follow(
      'begin',
      app.submitForFence([spin(MILLISECOND)], { flags, out_syncs: [{ handle: a, point: 1n }] }),
    );
    follow('middle', waitFor(a, b, two));
    // The point that the first job set is set again, by one that waits for who waits for it: the older stays meant.
    const again = { flags, context: one, in_syncs: [{ handle: b, point: 1n }] };
    follow(
      'end',
      app.submitForFence([spin(MILLISECOND)], { ...again, out_syncs: [{ handle: a, point: 2n }] }),
    );
    machine.advance(10n * MILLISECOND);
    expect(order).toEqual(['begin', 'middle', 'end']);
  });

  it('through buffers go from the newer job to the older, crosswise too', () => {
    const { app, machine, order, follow } = rigWithOrder();
    const [x, y] = [app.image(8, 8), app.image(8, 8)];
    const [one, two] = [app.createContext(), app.createContext()];
    for (const round of [1, 2, 3]) {
      follow(`x to y ${round}`, app.submitForFence([copy(y, x)], { context: one }));
      follow(`y to x ${round}`, app.submitForFence([copy(x, y)], { context: two }));
    }
    machine.advance(10n * MILLISECOND);
    expect(order).toEqual([1, 2, 3].flatMap(round => [`x to y ${round}`, `y to x ${round}`]));
  });

  it('of any jobs over any buffers come to an end, each context in order', () => {
    for (let seed = 1; seed <= 25; seed++) {
      const { app, machine, kernel } = rigWithOrder({ machine: { seed, order: 'random' } });
      const pick = (count: number): number => Math.floor(machine.random() * count);
      const contexts = [HIGH, NORMAL, NORMAL, LOW].map(priority => app.createContext(priority));
      const images = [1, 2, 3].map(() => app.image(8, 8));
      const ended = contexts.map((): number[] => []);
      const fences: number[] = [];
      for (let job = 0; job < 40; job++) {
        const at = pick(contexts.length);
        const [to, from] = [pick(images.length), pick(images.length)];
        const command = to === from ? fill(images[to]!, RED) : copy(images[to]!, images[from]!);
        const waits = fences.length > 0 && pick(2) === 0;
        const fence = app.submitForFence([spin(BigInt(pick(3)) * MILLISECOND), command], {
          context: contexts[at]!,
          ...(waits && { flags: SIMGPU_SUBMIT_FENCE_IN, in_fence_fd: fences[pick(fences.length)]! }),
        });
        app.task.watch(fence, POLLIN, () => ended[at]!.push(job));
        fences.push(fence);
        if (pick(4) === 0) machine.advance(MILLISECOND);
      }
      machine.advance(SECOND);
      expect(
        fences.map(fence => statusOf(app, fence)),
        `seed ${seed}`,
      ).toEqual(fences.map(() => 1));
      expect(ended.flat()).toHaveLength(40);
      for (const jobs of ended) expect(jobs).toEqual([...jobs].sort((a, b) => a - b));
      app.task.exit();
      machine.advance(SECOND);
      expect(kernel.threads.size).toBe(0);
    }
  });
});

describe('a reset', () => {
  const timeout = 100n * MILLISECOND;

  it('is for one context: others of the same file go on, and are told once', () => {
    const { app, machine } = rigWithOrder({ simgpu: { timeout } });
    const [rogue, other] = [app.createContext(), app.createContext()];
    const hung = app.submitForFence([spin()], { context: rogue });
    const behind = app.submitForFence([spin(1n)], { context: rogue });
    const image = app.image(8, 8);
    const innocent = app.submitForFence([fill(image, RED)], { context: other });
    machine.advance(2n * timeout);
    expect([hung, behind, innocent].map(fence => statusOf(app, fence))).toEqual([
      -ERRNO.ETIME,
      -ERRNO.ECANCELED,
      1,
    ]);
    expect(app.pixels(image)[0]).toBe(RED);
    expect([resetOf(app, rogue), resetOf(app, rogue)]).toEqual([SIMGPU_RESET_GUILTY, SIMGPU_RESET_GUILTY]);
    expect([resetOf(app, other), resetOf(app, other)]).toEqual([SIMGPU_RESET_INNOCENT, 0]);
    expect(() => app.submit([spin(1n)], { context: rogue })).toThrow('ECANCELED');
    app.submit([spin(1n)], { context: other });
  });

  it('comes once for each context that hangs, and costs everybody else time alone', () => {
    const { app, machine, order, follow } = rigWithOrder({ simgpu: { timeout } });
    const rogues = [1, 2, 3].map(() => app.submitForFence([spin()], { context: app.createContext() }));
    const context = app.createContext();
    for (const name of ['one', 'two', 'three'])
      follow(name, app.submitForFence([spin(MILLISECOND)], { context }));
    machine.advance(4n * timeout);
    expect(rogues.map(fence => statusOf(app, fence))).toEqual(rogues.map(() => -ERRNO.ETIME));
    expect(order).toEqual(['one', 'two', 'three']);
    expect(resetOf(app, context)).toBe(SIMGPU_RESET_INNOCENT);
  });

  it('lets those who waited for the guilty job run: its error is told by its fence, and is not theirs', () => {
    const { app, machine } = rigWithOrder({ simgpu: { timeout } });
    const image = app.image(8, 8);
    const hung = app.submitForFence([fill(image, RED), spin()], { context: app.createContext() });
    const explicit = app.submitForFence([spin(1n)], { flags: SIMGPU_SUBMIT_FENCE_IN, in_fence_fd: hung });
    const implicit = app.submitForFence([copy(app.image(8, 8), image)]);
    machine.advance(timeout - MILLISECOND);
    expect([explicit, implicit].map(fence => statusOf(app, fence))).toEqual([0, 0]);
    machine.advance(timeout);
    expect([hung, explicit, implicit].map(fence => statusOf(app, fence))).toEqual([-ERRNO.ETIME, 1, 1]);
  });

  it('keeps the order of a guilty context’s fences, whatever its jobs wait for', () => {
    const { app, client, machine, order, follow } = rigWithOrder({ simgpu: { timeout: 3n * timeout } });
    const other = client('other');
    const slow = other.submitForFence([spin(2n * timeout)]);
    const gate = other.submitForFence([spin(2n * timeout)], {
      flags: SIMGPU_SUBMIT_FENCE_IN,
      in_fence_fd: slow,
    });
    const context = app.createContext(HIGH);
    const hung = follow('hung', app.submitForFence([spin()], { context }));
    const second = follow(
      'second',
      app.submitForFence([spin(1n)], {
        context,
        flags: SIMGPU_SUBMIT_FENCE_IN,
        in_fence_fd: other.task.send(gate, app.task),
      }),
    );
    const third = follow('third', app.submitForFence([spin(1n)], { context }));
    machine.advance(20n * timeout);
    expect(order).toEqual(['hung', 'second', 'third']);
    expect([hung, second, third].map(fence => statusOf(app, fence))).toEqual([
      -ERRNO.ETIME,
      -ERRNO.ECANCELED,
      -ERRNO.ECANCELED,
    ]);
    expect(statusOf(other, gate)).toBe(1);
  });
});
