// Who is told of which frame, and when nobody is to be told anything: callbacks, feedback, and what they cost.
import { describe, expect, it } from 'vitest';
import {
  type Client,
  Gpu,
  type PresentationFeedback,
  presentationFeedback,
  SharedImage,
  screenshot,
  type Window,
} from '../../client-sdk/core/index.ts';
import { Commits, type TestSession, type TestSessionOptions } from '../kit/index.ts';
import { start } from './open.ts';

const SIZE = { width: 64, height: 48 };
const MILLISECOND = 1_000_000n;
const REFRESH = 16_666_667n;

interface Stage {
  readonly session: TestSession;
  readonly client: Client;
  readonly window: Window;
}

async function stage(options?: TestSessionOptions): Promise<Stage> {
  const session = start(options);
  const client = await session.connect('client');
  const window = await session.until(client.createWindow({ fullscreen: true }));
  await session.draw(window, 0);
  await session.vblank(3);
  return { session, client, window };
}

/** Asks for a frame callback, without a commit; when it came. */
function callback({ session, window }: Stage): { at: bigint | null } {
  const answer: { at: bigint | null } = { at: null };
  window.surface.proxy.frame().on('done', () => {
    answer.at = session.machine.now();
  });
  return answer;
}

/** Asks what becomes of the next commit; what has been told so far. */
function feedback({ client, window }: Stage): { told: PresentationFeedback['kind'] | null } {
  const answer: { told: PresentationFeedback['kind'] | null } = { told: null };
  presentationFeedback(client, window.surface.proxy).then(
    ({ kind }) => {
      answer.told = kind;
    },
    () => {},
  );
  return answer;
}

const flipsOf = ({ session }: Stage, output = 'Virtual-1'): number => session.simkms.statistics(output).flips;

describe('a frame callback', () => {
  it('that is asked for after the commit waits for the next one (frame-callback-uncommitted)', async () => {
    const all = await stage();
    const answer = callback(all);
    await all.session.rest();
    expect(answer.at).toBeNull();
    all.window.surface.proxy.commit();
    await all.session.vblank(2);
    expect(answer.at).not.toBeNull();
  });

  it('comes though only the display that does not pace the window is damaged', async () => {
    const outputs = [SIZE, { ...SIZE, refresh: 24_000 }];
    const all = await stage({ outputs });
    const { session, window } = all;
    const part = window.createSubsurface({ size: { width: 64, height: 8 }, x: 48, y: 0 });
    await session.draw(part, 0x00ff00);
    window.commit();
    await session.advance(200n * MILLISECOND);
    const answer: { at: bigint | null } = { at: null };
    const { proxy } = part.surface;
    proxy.frame().on('done', () => {
      answer.at = session.machine.now();
    });
    // Columns 16 to 63 lie on the second display.
    proxy.damage_buffer(20, 0, 8, 8);
    proxy.commit();
    await session.advance(100n * MILLISECOND);
    expect(answer.at).not.toBeNull();
  });

  it('of a window that nobody sees costs no frame (idle-callback-storm)', async () => {
    const all = await stage({ outputs: [SIZE] });
    const { session } = all;
    const cover = await session.connect('cover');
    const above = await session.until(cover.createWindow({ fullscreen: true }));
    await session.draw(above, 0xff0000);
    await session.vblank(3);
    const before = flipsOf(all);
    for (let commit = 0; commit < 60; commit++) {
      all.window.surface.proxy.frame();
      all.window.surface.proxy.damage_buffer(0, 0, 64, 48);
      all.window.surface.proxy.commit();
      await session.advance(3n * MILLISECOND);
    }
    expect(flipsOf(all) - before).toBe(0);
    expect(await session.pixel(9, 9)).toBe(0xff0000);
  });
});

describe('presentation feedback', () => {
  it('of a commit that a fence holds is told when that commit is shown (feedback-locked-state)', async () => {
    const all = await stage();
    const { session, client, window } = all;
    const gpu = await session.until(Gpu.open(client));
    const image = await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
    const commits = await session.until(
      Commits.create(client, session.machine, window.surface.proxy, 'sync-file'),
    );
    const fence = await session.until(gpu.submit([{ op: 'spin', nanoseconds: 60n * MILLISECOND }]));
    const held = feedback(all);
    commits.commit(image, fence);
    await session.advance(50n * MILLISECOND);
    expect(held.told).toBeNull();
    await session.advance(50n * MILLISECOND);
    expect(held.told).toBe('presented');
  });

  it('of superseded commits of a subsurface is discarded, of the last one told', async () => {
    const { session, client, window } = await stage();
    const part = window.createSubsurface({ size: { width: 8, height: 8 } });
    await session.draw(part, 0x00ff00);
    window.commit();
    await session.vblank(3);
    const all = { session, client, window: part as unknown as Window };
    const asked = [1, 2, 3].map(() => {
      const answer = feedback(all);
      part.surface.proxy.damage_buffer(0, 0, 8, 8);
      part.surface.proxy.commit();
      return answer;
    });
    await session.vblank(3);
    expect(asked.map(({ told }) => told)).toEqual(['discarded', 'discarded', 'presented']);
  });

  it('paces a client that waits for nothing else (runaway-no-backpressure)', async () => {
    const all = await stage();
    const { session, client, window } = all;
    let presented = 0;
    const { proxy } = window.surface;
    const loop = async (): Promise<void> => {
      for (;;) {
        const told = presentationFeedback(client, proxy);
        proxy.damage_buffer(0, 0, 64, 48);
        proxy.commit();
        await told;
        presented++;
      }
    };
    loop().catch(() => {});
    await session.advance(60n * REFRESH);
    expect(presented).toBeGreaterThan(50);
    expect(presented).toBeLessThanOrEqual(61);
  });
});

describe('captures', () => {
  it('that are asked for at once again cost a frame each refresh at most (capture-busy-loop)', async () => {
    const all = await stage();
    const viewer = await all.session.connect('viewer');
    let taken = 0;
    const loop = async (): Promise<void> => {
      for (;;) {
        await screenshot(viewer);
        taken++;
      }
    };
    loop().catch(() => {});
    const [flips, entries] = [flipsOf(all), all.session.history.length];
    await all.session.advance(60n * REFRESH);
    expect(flipsOf(all) - flips).toBeLessThanOrEqual(61);
    expect(taken).toBeGreaterThan(10);
    expect(taken).toBeLessThanOrEqual(61);
    expect(all.session.history.length - entries).toBeLessThan(60 * 80);
    all.session.kill(viewer);
  });

  it('do not wait for a commit whose fence never comes, and show what was there (acquire-never-submitted)', async () => {
    const { session, client, window } = await stage();
    await session.draw(window, 0x0000ff);
    await session.vblank(2);
    const gpu = await session.until(Gpu.open(client));
    const image = await session.until(SharedImage.create(client, { ...SIZE, kind: 'dmabuf' }));
    const commits = await session.until(
      Commits.create(client, session.machine, window.surface.proxy, 'sync-file'),
    );
    const never = await session.until(gpu.submit([{ op: 'spin', nanoseconds: 'forever' }]));
    commits.commit(image, never);
    const viewer = await session.connect('viewer');
    const shown = await session.until(screenshot(viewer), 100n * MILLISECOND);
    expect([...shown.data.subarray(0, 3)]).toEqual([0, 0, 0xff]);
    // Until the engine is reset.
    await session.advance(3000n * MILLISECOND);
  });
});
