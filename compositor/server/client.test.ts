import { beforeEach, describe, expect, it } from 'vitest';
import { ClientObjects } from '../../protocol/object/client-objects.ts';
import { connectedPair } from '../../protocol/transport/unix.ts';
import { type TestClient, TestServer } from '../interfaces/testing.ts';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import type { Limits } from './limits.ts';

let machine: VirtualMachine;
let turns: string[];

function start(limits: Partial<Limits> = {}, descriptorLimit = 1024): TestServer {
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  return new TestServer({
    machine,
    limits,
    kernel: {
      createTask: options => kernel.createTask({ ...options, descriptorLimit }),
      adopt: (task, fd) => kernel.adopt(task, fd),
    },
  });
}

beforeEach(() => {
  turns = [];
  machine = new VirtualMachine({ trace: (_, label) => turns.push(label) });
});

describe('a client that floods', () => {
  it('gets a share of the turns: others are served in between', () => {
    const test = start({ messagesPerTurn: 10 });
    const flood = test.connect('flood');
    const calm = test.connect('calm');
    turns.length = 0;
    for (let n = 0; n < 100; n++) flood.objects.display.sync();
    calm.objects.display.sync();
    machine.settle();
    const requests = turns.filter(label => label.startsWith('requests of'));
    expect(requests.indexOf('requests of calm')).toBeLessThan(3);
    expect(requests.filter(label => label === 'requests of flood').length).toBe(10);
  });

  it('gets no more of a turn than its time, however few its requests are', () => {
    const clock = new VirtualMachine();
    let time = 0n;
    // Each look at the clock takes a while: so do requests.
    machine = Object.assign(clock, { now: () => (time += 400_000n) });
    const test = start({ timePerTurn: 1_000_000n });
    const flood = test.connect('flood');
    let handled = 0;
    const { objects } = flood.client;
    const { dispatch } = objects;
    objects.dispatch = message => {
      handled++;
      dispatch.call(objects, message);
    };
    for (let n = 0; n < 100; n++) flood.objects.display.sync();
    clock.step();
    clock.step();
    expect(handled).toBe(2);
    while (clock.step(0n));
    expect(handled).toBe(100);
  });

  it('leaves in many turns when it had many objects, with others served in between', () => {
    const test = start({ messagesPerTurn: 10 });
    const many = test.connect('many');
    const calm = test.connect('calm');
    for (let n = 0; n < 30; n++) many.window();
    turns.length = 0;
    many.client.disconnect('test');
    calm.objects.display.sync();
    machine.settle();
    const own = turns.filter(label => label === 'tear-down of many');
    expect(own.length).toBeGreaterThan(10);
    expect(turns.indexOf('requests of calm')).toBeLessThan(turns.lastIndexOf('tear-down of many') / 2);
    expect(test.scene.surfaces.size).toBe(0);
    expect([...test.server.clients]).toEqual([calm.client]);
  });

  it('is paused while too much waits, and goes on afterwards', () => {
    const test = start({ messagesPerTurn: 10, pauseAt: 50 });
    const flood = test.connect('flood');
    let paused = 0;
    const { connection } = flood.client;
    const { pause } = connection;
    connection.pause = () => {
      paused++;
      pause.call(connection);
    };
    let answers = 0;
    for (let n = 0; n < 200; n++) flood.objects.display.sync().on('done', () => answers++);
    machine.settle();
    expect(paused).toBeGreaterThan(0);
    expect(answers).toBe(200);
  });

  it('may not make more objects than its limit', () => {
    const test = start({ objects: 50 });
    const greedy = test.connect('greedy');
    const compositor = greedy.bind('wl_compositor');
    for (let n = 0; n < 60; n++) compositor.create_region();
    machine.settle();
    expect(greedy.error?.codeName).toBe('no_memory');
  });
});

describe('a client that does not read', () => {
  /** Asks for a chunk of its own memory, many times. */
  function askMuch(client: TestClient, times: number): () => number {
    const calls = client.bind('fencepost_kernel_v1');
    const { fd } = client.memory(CHUNK);
    let answers = 0;
    calls.on('done', (_, length) => {
      answers += length === CHUNK ? 1 : 0;
    });
    for (let n = 0; n < times; n++) calls.pread(n, fd, 0, 0, CHUNK);
    return () => answers;
  }
  const CHUNK = 100_000;

  it('has its requests wait, with what is kept for it flat, and gets every answer when it reads again', () => {
    const test = start({ holdAtBytes: 3 * CHUNK });
    const slow = test.connect('slow');
    const calm = test.connect('calm');
    slow.stopReading();
    const answers = askMuch(slow, 500);
    machine.settle();
    expect(slow.client.connection.queuedBytes).toBeGreaterThan(3 * CHUNK);
    expect(slow.client.connection.queuedBytes).toBeLessThan(5 * CHUNK);
    expect(calm.mapped().configures).toHaveLength(1);
    slow.readAgain();
    machine.settle();
    expect(answers()).toBe(500);
    expect(slow.client.connected).toBe(true);
  });

  it('reads in fits and starts and stays, however long it takes', () => {
    const test = start({ holdAtBytes: 3 * CHUNK, notReading: 1_000_000_000n });
    const slow = test.connect('slow');
    const answers = askMuch(slow, 100);
    for (let fit = 0; fit < 200; fit++) {
      slow.stopReading();
      machine.advance(900_000_000n);
      slow.readAgain();
      machine.step();
      machine.step();
    }
    expect(answers()).toBe(100);
    expect(slow.client.connected).toBe(true);
  });

  it('has what is kept for it flat on a socket too, where the kernel takes a part', async () => {
    const test = start({ holdAtBytes: 3 * CHUNK });
    const [mine, theirs] = connectedPair()!;
    const objects = new ClientObjects({ send: message => mine.send(message) });
    const slow = test.server.accept(theirs, { name: 'slow', capabilities: ['kernel-calls'] });
    mine.receive({
      messages: batch => {
        for (const message of batch) objects.dispatch(message);
      },
      closed: () => {},
    });
    let name = 0;
    const registry = objects.display.get_registry();
    registry.on('global', (id, interfaceName) => {
      if (interfaceName === 'fencepost_kernel_v1') name = id;
    });
    const until = async (holds: () => boolean): Promise<void> => {
      for (let pass = 0; pass < 5000 && !holds(); pass++) {
        machine.settle();
        await new Promise(resolve => setImmediate(resolve));
      }
    };
    await until(() => name > 0);
    const calls = registry.bind(name, 'fencepost_kernel_v1', 1);
    const fd = slow.task.memfdCreate('pixels');
    slow.task.truncate(fd, BigInt(CHUNK));
    let answers = 0;
    calls.on('done', () => answers++);
    mine.pause();
    for (let n = 0; n < 200; n++) calls.pread(n, fd, 0, 0, CHUNK);
    let most = 0;
    for (let pass = 0; pass < 20; pass++) {
      let passes = 0;
      await until(() => ++passes > 2);
      most = Math.max(most, theirs.queuedBytes);
    }
    expect(answers).toBe(0);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(5 * CHUNK);
    mine.resume();
    await until(() => answers === 200);
    expect([answers, theirs.queuedBytes, slow.connected]).toEqual([200, 0, true]);
    mine.close();
    await until(() => test.server.clients.size === 0);
    expect(test.server.clients.size).toBe(0);
  });

  it('is disconnected after a while', () => {
    const test = start({ holdAtBytes: 3 * CHUNK, notReading: 1_000_000_000n });
    const deaf = test.connect('deaf');
    const calm = test.connect('calm');
    deaf.stopReading();
    askMuch(deaf, 500);
    machine.advance(900_000_000n);
    expect(deaf.client.connected).toBe(true);
    machine.advance(200_000_000n);
    expect([...test.server.clients]).toEqual([calm.client]);
    expect(test.trace.notes('client').at(-1)?.text).toMatch(/deaf leaves: it does not read/);
  });

  it('is disconnected at once when events come all the same', () => {
    const test = start({ queuedBytes: 20_000 });
    const deaf = test.connect('deaf');
    const calm = test.connect('calm');
    deaf.bind('wl_seat').get_pointer();
    deaf.mapped(640, 480);
    deaf.settle();
    const { x, y } = test.scene.stack[0]!;
    deaf.stopReading();
    for (let n = 0; n < 5000 && deaf.client.connected; n++) {
      test.seat.pointer.moveTo(machine.now(), { x: x + (n % 100), y: y + 5 });
      test.seat.pointer.frame();
      machine.settle();
    }
    expect([...test.server.clients]).toEqual([calm.client]);
  });
});

describe('descriptors', () => {
  it('that arrive and are not wanted are closed', () => {
    const test = start();
    const client = test.connect();
    const files = test.task.files.size;
    const params = client.bind('zwp_linux_dmabuf_v1').create_params();
    params.add(client.memory(64), 0, 0, 4, 0, 0);
    client.settle();
    expect(test.task.files.size).toBe(files + 1);
    params.destroy();
    client.settle();
    expect(test.task.files.size).toBe(files);
  });

  it('stay flat over 2,000 frames', () => {
    const test = start();
    const client = test.connect();
    const { surface } = client.mapped();
    const buffers = [client.buffer(), client.buffer()];
    const files = test.task.files.size;
    const own = client.client.task.files.size;
    const objects = client.client.objects.size;
    for (let frame = 0; frame < 2000; frame++) {
      surface.frame();
      surface.attach(buffers[frame & 1]!, 0, 0);
      surface.damage_buffer(0, 0, 64, 64);
      surface.commit();
      client.settle();
      test.frame();
    }
    expect(test.task.files.size).toBe(files);
    expect(client.client.task.files.size).toBe(own);
    expect(client.client.objects.size).toBe(objects);
    expect(test.counters.commits).toBeGreaterThan(2000);
  });

  it('may not be heaped up by one client at the cost of the others', () => {
    const test = start({ descriptors: 10 });
    const client = test.connect('collector');
    const files = test.task.files.size;
    const shm = client.bind('wl_shm');
    for (let n = 0; n < 12; n++) shm.create_pool(client.memory(64), 64);
    client.settle();
    expect(client.error?.codeName).toBe('no_memory');
    expect(test.task.files.size).toBe(files);
  });

  it('and objects stay flat when surfaces go with callbacks that never came', () => {
    const test = start();
    const client = test.connect();
    const compositor = client.bind('wl_compositor');
    client.settle();
    const objects = client.client.objects.size;
    for (let n = 0; n < 50; n++) {
      const surface = compositor.create_surface();
      surface.frame();
      surface.commit();
      surface.frame();
      surface.destroy();
    }
    client.settle();
    expect(client.client.objects.size).toBe(objects);
    expect(client.error).toBeNull();
  });

  it('that a full table can not take end the client, not the server', () => {
    const test = start({}, 12);
    const client = test.connect('hoarder');
    const calm = test.connect('calm');
    const dmabuf = client.bind('zwp_linux_dmabuf_v1');
    while (client.client.task.files.size < 12) client.client.task.eventfd();
    const files = test.task.files.size;
    dmabuf.get_default_feedback();
    client.settle();
    expect(client.client.task.exited).toBe(true);
    expect(test.task.files.size).toBe(files);
    expect([...test.server.clients]).toEqual([calm.client]);
  });
});

describe('a crash in a handler', () => {
  it('ends that client with the error implementation, is written down, and harms nobody else', () => {
    const test = start();
    const calm = test.connect('calm');
    test.server.globals.add({
      interface: 'wp_viewporter',
      version: 1,
      bind: () => {
        throw new TypeError('not a function');
      },
    });
    const client = test.connect('unlucky');
    client.bind('wp_viewporter');
    client.settle();
    expect(client.error?.codeName).toBe('implementation');
    expect(client.error?.description).toContain('not a function');
    expect(test.trace.notes('fault').length).toBe(1);
    expect(calm.mapped().surface.destroyed).toBe(false);
    expect([...test.server.clients]).toEqual([calm.client]);
  });
});

describe('the registry', () => {
  it('offers a client what its connection may use', () => {
    const test = start();
    const plain = test.connect('plain', []);
    expect(plain.globals.has('zwp_linux_dmabuf_v1')).toBe(false);
    expect(plain.globals.has('ext_image_copy_capture_manager_v1')).toBe(false);
    expect(plain.globals.has('fencepost_kernel_v1')).toBe(false);
    expect(plain.globals.get('wl_compositor')?.version).toBe(6);
    const full = test.connect('full');
    plain.registry.bind(full.globals.get('fencepost_kernel_v1')!.name, 'fencepost_kernel_v1', 1);
    plain.settle();
    expect(plain.error?.interfaceName).toBe('wl_registry');
  });

  it('lets an output be bound that went away meanwhile', () => {
    const test = start();
    const client = test.connect();
    test.outputs.remove(test.output);
    let name = '';
    client.bind('wl_output').on('name', text => {
      name = text;
    });
    client.settle();
    expect(client.error).toBeNull();
    expect(name).toBe('Virtual-1');
    expect(test.connect().globals.has('wl_output')).toBe(false);
  });
});
