// What tools are told of a running compositor: what is on each plane and why, and who keeps which buffer.
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Client } from '../../client-sdk/index.ts';
import { DEFAULT_CAPABILITIES } from '../../compositor/server/index.ts';
import { interfaces } from '../../protocol/interfaces/index.ts';
import { TestSession } from '../kit/session.ts';

const { plane_content: CONTENT, plane_type: PLANE } = interfaces.fencepost_observation_v1.enums;

let session: TestSession;
let observer: Client;

beforeEach(async () => {
  session = new TestSession({ outputs: [{ name: 'Left', width: 64, height: 48 }] });
  observer = await session.connect('observer', { capabilities: [...DEFAULT_CAPABILITIES, 'test-control'] });
});

afterEach(() => session.end());

interface Seen {
  readonly planes: { type: number; content: number; label: string; window: number; rect: number[] }[];
  readonly places: { label: string; composed: boolean; reason: string }[];
  readonly windows: { id: number; title: string; commits: number }[];
  readonly held: string[];
  frames: number;
}

async function look(): Promise<Seen> {
  const seen: Seen = { planes: [], places: [], windows: [], held: [], frames: 0 };
  const observation = observer.bind('fencepost_observation_v1');
  observation.listen({
    output_counts: (_, frames) => {
      seen.frames = frames;
    },
    plane_use: (_output, _plane, type, content, label, _buffer, window, ...rect) =>
      seen.planes.push({ type, content, label, window, rect }),
    surface_place: (_, label, _window, plane, reason) =>
      seen.places.push({ label, composed: plane === 0, reason }),
    window: (id, title, ...rest) => seen.windows.push({ id, title, commits: rest.at(-1) as number }),
    held: (_, buffer, _age, holders) => seen.held.push(`${buffer}: ${holders}`),
  });
  observation.snapshot();
  await session.until(observer.roundtrip());
  observation.destroy();
  return seen;
}

it('a buffer that is scanned out is on its plane, with its window and its place', async () => {
  const client = await session.connect('painter');
  const window = await session.until(
    client.createWindow({ kind: 'dmabuf', fullscreen: true, title: 'whole' }),
  );
  await session.draw(window, 0x336699);
  await session.vblank(2);
  const { planes, places, windows, held, frames } = await look();
  const primary = planes.find(({ type }) => type === PLANE.primary)!;
  expect(primary).toMatchObject({ content: CONTENT.surface, rect: [0, 0, 64, 48], window: windows[0]!.id });
  expect(primary.label).toContain('painter');
  expect(places).toEqual([
    { label: primary.label, composed: false, reason: expect.stringMatching(/^shown by primary/) },
  ]);
  expect(windows).toEqual([{ id: 1, title: 'whole', commits: expect.any(Number) }]);
  expect(held.length).toBe(1);
  expect(held[0]).toContain('Left');
  expect(frames).toBeGreaterThan(0);
});

it('what is composed says why', async () => {
  const client = await session.connect('painter');
  const window = await session.until(client.createWindow({ kind: 'shm', fullscreen: true }));
  await session.draw(window, 0x336699);
  await session.vblank(2);
  const { planes, places } = await look();
  expect(planes.find(({ type }) => type === PLANE.primary)?.content).toBe(CONTENT.composition);
  expect(places).toEqual([
    { label: expect.stringContaining('painter'), composed: true, reason: expect.stringContaining('shm') },
  ]);
});

it('whoever asks again at each change sees the last frame in the end', async () => {
  const client = await session.connect('painter');
  const window = await session.until(client.createWindow({ kind: 'shm', fullscreen: true }));
  const observation = observer.bind('fencepost_observation_v1');
  let frames = 0;
  let asked = 0;
  observation.listen({
    output_counts: (_, count) => {
      frames = count;
    },
    changed: () => {
      asked++;
      observation.snapshot();
    },
  });
  observation.snapshot();
  for (const color of [0xff0000, 0x00ff00, 0x0000ff]) {
    await session.draw(window, color);
    await session.vblank(1);
  }
  await session.vblank(8);
  expect(frames).toBe(session.compositor.display.statistics.outputs[0]!.frames);
  const before = asked;
  await session.vblank(20);
  expect(asked).toBe(before);
});
