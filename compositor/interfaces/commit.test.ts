import { beforeEach, describe, expect, it } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { type TestClient, TestServer } from './testing.ts';

function start(machine = new VirtualMachine()): TestServer {
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  return new TestServer({ machine, kernel });
}

let test: TestServer;
let client: TestClient;

beforeEach(() => {
  test = start();
  client = test.connect();
});

/** A parent window with two subsurfaces that have content. */
function tree(c: TestClient) {
  const parent = c.mapped();
  const subcompositor = c.bind('wl_subcompositor');
  const child = c.surface();
  const role = subcompositor.get_subsurface(child, parent.surface);
  const grandchild = c.surface();
  const innerRole = subcompositor.get_subsurface(grandchild, child);
  return { parent, child, role, grandchild, innerRole };
}

function show(c: TestClient, surface: ReturnType<TestClient['surface']>, width = 8): void {
  surface.attach(c.buffer(width, width), 0, 0);
  surface.commit();
}

const shown = (): string[] =>
  test.scene.stack.map(({ x, y, width, height }) => `${width}x${height}@${x},${y}`);

describe('wl_surface.commit', () => {
  it('shows nothing of what was only attached', () => {
    const { surface } = client.window();
    surface.attach(client.buffer(), 0, 0);
    client.settle();
    expect(test.scene.stack).toEqual([]);
    surface.commit();
    client.settle();
    expect(shown()).toEqual(['64x64@288,208']);
  });

  it('folds surface damage and buffer damage into buffer coordinates', () => {
    const { surface } = client.mapped();
    const scene = [...test.scene.surfaces][0]!;
    let damage: readonly object[] = [];
    test.scene.observe({
      damaged: region => {
        damage = region.rects;
      },
    });
    surface.damage(0, 0, 2, 2);
    surface.damage_buffer(10, 0, 2, 2);
    surface.damage_buffer(60, 60, 1000, 1000);
    surface.commit();
    client.settle();
    const { x, y } = test.scene.stack[0]!;
    expect(damage).toEqual([
      { x, y, width: 2, height: 2 },
      { x: x + 10, y, width: 2, height: 2 },
      { x: x + 60, y: y + 60, width: 4, height: 4 },
    ]);
    expect(scene.state.size).toEqual({ width: 64, height: 64 });
  });

  it('takes a destroyed wl_buffer for no buffer', () => {
    const { surface } = client.mapped();
    const buffer = client.buffer();
    surface.attach(buffer, 0, 0);
    buffer.destroy();
    surface.commit();
    client.settle();
    expect(client.error).toBeNull();
    expect(test.scene.stack).toEqual([]);
  });

  it('releases what is superseded before a frame shows it, at once', () => {
    const { surface, buffer } = client.mapped();
    let released = 0;
    buffer.on('release', () => released++);
    show(client, surface, 16);
    client.settle();
    expect(released).toBe(1);
  });

  it('does not release a buffer that a newer commit uses again', () => {
    const { surface, buffer } = client.mapped();
    let released = 0;
    buffer.on('release', () => released++);
    surface.attach(buffer, 0, 0);
    surface.commit();
    client.settle();
    expect(released).toBe(0);
    show(client, surface, 16);
    client.settle();
    expect(released).toBe(1);
  });

  it('sends done after the releases of the same turn', () => {
    const { surface, buffer } = client.mapped();
    const order: string[] = [];
    buffer.on('release', () => order.push('release'));
    surface.frame().on('done', () => order.push('done'));
    surface.commit();
    client.settle();
    const [scene] = test.scene.surfaces;
    // The output calls done first, then the successor's commit drops the buffer, all in one turn.
    for (const callback of scene!.takeFrameCallbacks()) callback.done(1);
    scene!.destroy();
    client.settle();
    expect(order).toEqual(['release', 'done']);
  });

  it('discards the feedback of a commit that a newer one replaces', () => {
    const { surface } = client.mapped();
    const presentation = client.bind('wp_presentation');
    const fates: string[] = [];
    for (const name of ['first', 'second']) {
      const feedback = presentation.feedback(surface);
      feedback.on('presented', () => fates.push(`${name} presented`));
      feedback.on('discarded', () => fates.push(`${name} discarded`));
      surface.commit();
    }
    client.settle();
    test.frame();
    expect(fates).toEqual(['first discarded', 'second presented']);
  });
});

describe('subsurfaces', () => {
  it('show a synchronised tree with the commit of its parent, all at once', () => {
    const { parent, child, grandchild, role } = tree(client);
    show(client, grandchild, 4);
    show(client, child, 8);
    role.set_position(5, 6);
    client.settle();
    expect(shown()).toEqual(['64x64@288,208']);
    parent.surface.commit();
    client.settle();
    expect(shown()).toEqual(['64x64@288,208', '8x8@293,214', '4x4@293,214']);
  });

  it('show a desynchronised child with its own commit', () => {
    const { parent, child, role } = tree(client);
    parent.surface.commit();
    role.set_desync();
    show(client, child);
    client.settle();
    expect(shown().length).toBe(2);
  });

  it('stay synchronised under a synchronised ancestor whatever they set', () => {
    const { parent, child, grandchild, role, innerRole } = tree(client);
    child.commit();
    show(client, child);
    innerRole.set_desync();
    show(client, grandchild, 4);
    client.settle();
    expect(shown().length).toBe(1);
    parent.surface.commit();
    client.settle();
    expect(shown().length).toBe(3);
    show(client, grandchild, 2);
    client.settle();
    expect(shown().at(-1)).toMatch(/^4x4/);
    role.set_desync();
    client.settle();
    expect(shown().at(-1)).toMatch(/^2x2/);
  });

  it('release what a newer cached commit replaces', () => {
    const { child } = tree(client);
    const buffer = client.buffer();
    let released = 0;
    buffer.on('release', () => released++);
    child.attach(buffer, 0, 0);
    child.commit();
    show(client, child);
    client.settle();
    expect(released).toBe(1);
  });

  it('gather no end of damage while their parent does not commit', () => {
    const { parent, child } = tree(client);
    child.attach(client.buffer(1000, 10), 0, 0);
    for (let n = 0; n < 200; n++) {
      child.damage_buffer(5 * n, n % 2, 2, 1);
      child.commit();
    }
    const damages: number[] = [];
    test.scene.observe({ damaged: damage => damages.push(damage.rects.length) });
    parent.surface.commit();
    client.settle();
    child.damage_buffer(0, 0, 1, 1);
    for (let n = 0; n < 200; n++) {
      child.damage_buffer(5 * n, n % 2, 2, 1);
      child.commit();
    }
    parent.surface.commit();
    client.settle();
    expect(damages.length).toBeGreaterThan(1);
    expect(Math.max(...damages)).toBeLessThan(100);
  });

  it('are stacked where place_above and place_below put them, from the parent commit on', () => {
    const { parent, child, role, grandchild } = tree(client);
    show(client, grandchild, 4);
    show(client, child, 8);
    role.place_below(parent.surface);
    client.settle();
    parent.surface.commit();
    client.settle();
    expect(shown().map(text => text.split('@')[0])).toEqual(['8x8', '4x4', '64x64']);
  });

  it('go at once when the role is destroyed', () => {
    const { parent, child, role } = tree(client);
    show(client, child);
    parent.surface.commit();
    client.settle();
    expect(shown().length).toBe(2);
    role.destroy();
    client.settle();
    expect(shown().length).toBe(1);
  });
});

describe('a commit that waits for its acquire fence', () => {
  it('holds up its own surface alone, and keeps the order there', () => {
    const { surface } = client.mapped();
    const other = test.connect('other').mapped(10, 10);
    test.waiter.holding = true;
    show(client, surface, 20);
    client.settle();
    test.waiter.holding = false;
    show(client, surface, 30);
    other.surface.attach(null, 0, 0);
    other.surface.commit();
    client.settle();
    expect(shown().map(text => text.split('@')[0])).toEqual(['64x64']);
    test.waiter.constraints[0]!.signal();
    expect(shown().map(text => text.split('@')[0])).toEqual(['30x30']);
  });

  it('holds a parent back for the fence of a synchronised child', () => {
    const { parent, child } = tree(client);
    test.waiter.holding = true;
    show(client, child);
    client.settle();
    test.waiter.holding = false;
    show(client, parent.surface, 32);
    client.settle();
    expect(shown().map(text => text.split('@')[0])).toEqual(['64x64']);
    test.waiter.constraints[0]!.signal();
    expect(shown().map(text => text.split('@')[0])).toEqual(['32x32', '8x8']);
  });

  it('is listed with who holds its buffer', () => {
    const { surface } = client.mapped();
    test.waiter.holding = true;
    show(client, surface, 20);
    client.settle();
    expect(test.holdings.describe(test.machine.now())).toEqual(
      test.holdings.list.map(held => `${held.buffer}, committed 0 ms ago: wl_surface@${surface.id} of demo`),
    );
    expect(test.holdings.list.length).toBe(2);
    expect(test.scene.waiting([...test.scene.surfaces][0]!)[0]?.waitingFor[0]).toMatch(
      /^acquire fence of wl_buffer/,
    );
  });

  it('is shown and reported when the fence is in error', () => {
    const { surface } = client.mapped();
    test.waiter.holding = true;
    show(client, surface, 20);
    client.settle();
    test.waiter.constraints[0]!.error = 'ETIMEDOUT';
    test.waiter.constraints[0]!.signal();
    expect(shown()[0]).toMatch(/^20x20/);
    expect(test.trace.notes('transaction').at(-1)?.details).toEqual({ error: 'ETIMEDOUT' });
  });

  it('is not one of endlessly many', () => {
    const { surface } = client.mapped();
    const buffer = client.dmabuf();
    test.waiter.holding = true;
    for (let n = 0; n < 1025; n++) {
      surface.attach(buffer, 0, 0);
      surface.commit();
    }
    client.settle();
    expect(client.error?.codeName).toBe('no_memory');
    expect([...test.releases.released.values()].every(count => count === 1)).toBe(true);
    expect(test.releases.released.size).toBe(1025);
  });

  it('is given up with its client, whose other commits come back too', () => {
    const { surface } = client.mapped();
    test.waiter.holding = true;
    show(client, surface, 20);
    show(client, surface, 30);
    client.settle();
    client.client.disconnect('killed');
    client.settle();
    expect(test.waiter.constraints.every(constraint => constraint.cancelled)).toBe(true);
    expect([...test.releases.released.values()]).toEqual([1, 1, 1]);
    expect(test.scene.stack).toEqual([]);
  });
});

describe('buffers come back', () => {
  it.each(Array.from({ length: 25 }, (_, seed) => seed))('exactly once in destroy order %i', seed => {
    const machine = new VirtualMachine({ seed: seed + 1 });
    test = start(machine);
    client = test.connect();
    const files = test.task.files.size;
    const { parent, child, grandchild } = tree(client);
    const buffers = [client.dmabuf(), client.buffer(), client.dmabuf(), client.buffer()];
    test.waiter.holding = seed % 2 === 1;
    const fences = client.bind('zwp_linux_explicit_synchronization_v1');
    const sync = fences.get_synchronization(child);
    const fates: string[] = [];
    const surfaces = [parent.surface, child, grandchild];
    for (let commit = 0; commit < 12; commit++) {
      const surface = surfaces[commit % 3]!;
      const dmabuf = surface === child;
      if (dmabuf) {
        sync.set_acquire_fence(client.fence());
        sync.get_release().listen({
          immediate_release: () => void fates.push('released'),
          fenced_release: () => void fates.push('released'),
        });
      }
      surface.attach(buffers[dmabuf ? 2 * (commit & 1) : 1]!, 0, 0);
      surface.commit();
    }
    client.settle();
    const ends = [
      () => client.client.connected && parent.toplevel.destroy(),
      () => child.destroy(),
      () => grandchild.destroy(),
      () => sync.destroy(),
      ...buffers.map(buffer => () => buffer.destroy()),
      () => test.waiter.constraints[0]?.signal(),
    ];
    while (ends.length > 0) ends.splice(Math.floor(machine.random() * ends.length), 1)[0]!();
    client.settle();
    expect(client.error).toBeNull();
    expect(fates.length).toBe(4);
    client.client.disconnect('done');
    client.settle();
    expect([...test.releases.released.values()].every(count => count === 1)).toBe(true);
    expect(test.releases.released.size).toBe(13);
    expect(test.holdings.list).toEqual([]);
    expect(test.task.files.size).toBe(files);
    expect(test.trace.notes('fault')).toEqual([]);
  });
});
