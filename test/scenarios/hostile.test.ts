// Clients that die, flood, lie, talk nonsense or do not listen: the others notice nothing, and nothing of them remains.
import { describe, expect, it } from 'vitest';
import { type Client, ConnectionClosed, Gpu, SharedImage } from '../../client-sdk/core/index.ts';
import { POLLIN } from '../../protocol/uapi/fcntl.ts';
import type { TestSession } from '../kit/index.ts';
import { Bystander } from './bystander.ts';
import { start } from './open.ts';

const FILL = { op: 'fill', colour: { red: 1, green: 0, blue: 0 } } as const;

/** A client that uses everything at once: two kinds of memory, the GPU, fences, a subsurface, a call that sleeps. */
async function busy(session: TestSession, client: Client): Promise<void> {
  const gpu = await Gpu.open(client);
  const window = await client.createWindow({ kind: 'dmabuf', sync: 'timeline', buffers: 2 });
  const subsurface = window.createSubsurface({ size: { width: 16, height: 16 }, x: 4, y: 4 });
  const sleeper = await client.kernel.eventfd();
  client.kernel.poll(sleeper, POLLIN).catch(() => {});
  for (;;) {
    const frame = await window.nextFrame({ unthrottled: true, withReleaseFence: true });
    const part = await subsurface.nextFrame({ unthrottled: true });
    (await part.map()).pixels.fill(0xff00ff00);
    part.present();
    const waitFor = frame.releaseFence ? [frame.releaseFence] : [];
    const job = [
      { op: 'spin', nanoseconds: 2_000_000n },
      { ...FILL, target: frame.image },
    ] as const;
    frame.present({ acquire: await gpu.submit(job, { waitFor }) });
    await new Promise<void>(resolve =>
      session.machine.at(session.machine.now() + 9_000_000n, 'think', resolve),
    );
  }
}

describe('a client that is killed in the middle of a frame', () => {
  it.each([1, 2, 3])('leaves nothing behind, at whatever moment (order %i)', async seed => {
    const session = start({ seed, order: 'random' });
    const bystander = await Bystander.create(session);
    const moment = async (steps: number): Promise<void> => {
      const mortal = await session.connect('mortal');
      const end = busy(session, mortal).catch((error: unknown) => error);
      await session.steps(steps);
      session.kill(mortal);
      await bystander.draw(2);
      await session.rest();
      expect(await session.until(end)).toBeInstanceOf(ConnectionClosed); // it was busy until then
    };
    await moment(400);
    const before = session.footprint;
    for (let kill = 0; kill < 6; kill++) {
      await moment(1 + Math.floor(session.machine.random() * 400));
      expect(session.footprint).toEqual(before);
    }
    await bystander.check();
  });
});

/** What a client does to the others, and what is said of it, if it is disconnected. */
type Attack = [
  name: string,
  act: (client: Client, session: TestSession) => Promise<void>,
  told: RegExp | null,
];

const attacks: Attack[] = [
  [
    'asks without end',
    async client => {
      for (let count = 0; count < 20_000; count++) client.display.sync();
      await client.roundtrip();
    },
    null,
  ],
  [
    'commits without end',
    async client => {
      const window = await client.createWindow();
      (await window.nextFrame()).present();
      for (let count = 0; count < 5000; count++) {
        window.surface.proxy.damage_buffer(count % 64, 0, 1, 1);
        window.surface.proxy.commit();
      }
      await client.roundtrip();
    },
    null,
  ],
  [
    'makes objects without end',
    async client => {
      const compositor = client.shared('wl_compositor');
      for (let count = 0; count < 5000; count++) compositor.create_region();
      await client.roundtrip();
    },
    /has 2000 objects/,
  ],
  [
    'opens windows without end',
    async client => {
      for (let count = 0; count < 300; count++) await client.createWindow({ size: { width: 8, height: 8 } });
    },
    /has 256 windows, popups and layer surfaces, which is all it may; destroy some first/,
  ],
  [
    'makes subsurfaces without end',
    async client => {
      const parent = client.shared('wl_compositor').create_surface();
      const factory = client.shared('wl_subcompositor');
      // One child at most, which is made a subsurface of its parent again and again, is one.
      const child = client.shared('wl_compositor').create_surface();
      for (let count = 0; count < 600; count++) factory.get_subsurface(child, parent).destroy();
      for (let count = 0; count < 450; count++)
        factory.get_subsurface(client.shared('wl_compositor').create_surface(), parent);
      await client.roundtrip();
      for (let count = 0; count < 63; count++)
        factory.get_subsurface(client.shared('wl_compositor').create_surface(), parent);
      await client.roundtrip();
    },
    /has 512 subsurfaces/,
  ],
  [
    'binds an output without end',
    async client => {
      for (let count = 0; count < 300; count++) client.bind('wl_output');
      await client.roundtrip();
    },
    /has 256 objects wl_output/,
  ],
  [
    'keeps descriptors without end',
    async client => {
      const image = await SharedImage.create(client, { width: 16, height: 16 });
      for (let count = 0; count < 5000; count++) client.shared('wl_shm').create_pool(image.memory.handle, 64);
      await client.roundtrip();
    },
    /descriptors|objects/,
  ],
  [
    'occupies the GPU without end',
    async client => {
      for (let context = 0; context < 4; context++) {
        const gpu = await Gpu.open(client);
        await gpu.submit([{ op: 'spin', nanoseconds: 5_000_000n }]);
      }
      await client.roundtrip();
    },
    null,
  ],
  [
    'sleeps in calls without end',
    async client => {
      const event = await client.kernel.eventfd();
      for (let count = 0; count < 500; count++) client.kernel.poll(event, POLLIN).catch(() => {});
      await client.roundtrip();
    },
    null,
  ],
  [
    'does not read its answers',
    async client => {
      client.connection.pause();
      for (let count = 0; count < 5000; count++) client.display.sync();
    },
    null,
  ],
  [
    'asks for more memory than there is',
    async client => {
      const { kernel } = client;
      const fd = await kernel.memfdCreate('huge');
      await kernel.truncate(fd, 1n << 40n).catch(() => {});
      await kernel.pwrite(fd, new Uint8Array(4096), 1n << 39n).catch(() => {});
      await client.roundtrip();
    },
    null,
  ],
];

describe('a client that', () => {
  it.each(attacks)('%s costs the others nothing', async (_, act, told) => {
    const session = start({ limits: { objects: 2000, descriptors: 200 } });
    const bystander = await Bystander.create(session);
    await session.expectSteady(async () => {
      const client = await session.connect('hostile');
      let outcome: unknown = 'running';
      act(client, session).then(
        () => (outcome = 'over'),
        (error: unknown) => (outcome = error),
      );
      await bystander.draw(5);
      await session.rest();
      if (told) expect(String(outcome)).toMatch(told);
      else if (outcome !== 'over') expect(outcome).toMatchObject({ name: 'ConnectionClosed' });
      session.kill(client);
    });
    await bystander.check();
  });

  it('does not read is disconnected, and says so in the trace', async () => {
    const session = start({ limits: { holdAtBytes: 4096, notReading: 1_000_000n } });
    const client = await session.connect('deaf');
    client.connection.pause();
    for (let count = 0; count < 5000; count++) client.display.sync();
    await session.rest();
    expect(session.compositor.server.clients.size).toBe(0);
    expect(session.compositor.trace.notes('client').map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/deaf leaves: it does not read: .* bytes wait for it/),
    );
  });

  it('floods does not take the turns of others', async () => {
    const session = start();
    const bystander = await Bystander.create(session);
    const flood = await session.connect('flood');
    await session.rest();
    for (let count = 0; count < 20_000; count++) flood.display.sync();
    session.history.splice(0);
    await bystander.draw(3);
    const turns = session.history.filter(line => / requests of (flood|bystander)$/.test(line));
    const first = turns.findIndex(line => line.endsWith('bystander'));
    // No more than a turn or two of the flood, of many, go before the bystander's first.
    expect(first).toBeLessThan(4);
    expect(turns.filter(line => line.endsWith('flood')).length).toBeGreaterThan(20);
    await bystander.check();
  });

  it('asks to be told of one frame thousands of times is told in many turns, between those of others', async () => {
    const session = start();
    const client = await session.connect('hostile');
    const window = await session.until(client.createWindow());
    const calm = await session.connect('calm');
    await session.draw(window, 0xff0000);
    await session.vblank(2);
    const asked = 2000;
    let [done, told] = [0, 0];
    // Somebody who always has something to ask meanwhile.
    const ask = (): void => {
      if (done < asked) calm.display.sync().on('done', ask);
    };
    for (let count = 0; count < asked; count++) {
      window.surface.proxy.frame().on('done', () => {
        if (done++ === 0) ask();
      });
      const feedback = client.shared('wp_presentation').feedback(window.surface.proxy);
      for (const answer of ['presented', 'discarded'] as const) feedback.on(answer, () => told++);
    }
    window.surface.proxy.commit();
    await session.until(client.roundtrip());
    session.history.splice(0);
    await session.vblank(3);
    await session.rest();
    expect(done).toBe(asked);
    expect(told).toBe(asked);
    const turns = session.history.filter(line => /frame callbacks of hostile$|requests of calm$/.test(line));
    const answers = turns.filter(line => line.endsWith('hostile'));
    expect(answers.length).toBeGreaterThanOrEqual((2 * asked) / 256);
    const first = turns.findIndex(line => line.endsWith('hostile'));
    const between = turns.slice(first, turns.lastIndexOf(answers.at(-1)!));
    expect(between.some(line => line.endsWith('calm'))).toBe(true);
  });

  it('changes its title without end has no task bar disconnected that is slow to read', async () => {
    const session = start({ limits: { queuedBytes: 512 << 10 } });
    const bar = await session.connect('bar');
    const titles: string[] = [];
    bar.bind('zwlr_foreign_toplevel_manager_v1').on('toplevel', handle => {
      handle.on('title', title => titles.push(title));
    });
    const client = await session.connect('hostile');
    const window = await session.until(client.createWindow({ title: 'first' }));
    await session.draw(window, 0xff0000);
    await session.vblank(2);
    expect(titles).toEqual(['first']);
    bar.connection.pause();
    for (let count = 0; count < 300; count++) {
      window.title = `${count} `.padEnd(4000, 'x');
      await session.until(client.roundtrip());
    }
    bar.connection.resume();
    await session.advance(200_000_000n);
    expect(bar.error).toBeNull();
    expect(titles.at(-1)).toMatch(/^299 x/);
    expect(titles.length).toBeLessThan(200);
  });

  it('is fullscreen and not, thousands of times, has no other window told more often than it answers', async () => {
    const session = start();
    const calm = await session.connect('calm');
    const neighbour = await session.until(calm.createWindow());
    await session.draw(neighbour, 0x00ff00);
    const client = await session.connect('hostile');
    const window = await session.until(client.createWindow());
    await session.draw(window, 0xff0000);
    await session.vblank(2);
    let told = 0;
    neighbour.toplevel.on('configure', () => told++);
    calm.connection.pause();
    for (let count = 0; count < 1500; count++) {
      window.toplevel.set_fullscreen(null);
      window.toplevel.unset_fullscreen();
    }
    await session.rest();
    window[Symbol.dispose]();
    await session.rest();
    calm.connection.resume();
    await session.rest();
    await session.draw(neighbour, 0x0000ff);
    await session.vblank(2);
    expect(calm.error).toBeNull();
    expect(client.error).toBeNull();
    // It has the whole screen again.
    expect(await session.pixel(1, 1)).toBe(0x0000ff);
    expect(told).toBeGreaterThan(1);
    expect(told).toBeLessThan(150);
  });
});
