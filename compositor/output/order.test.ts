import { expect, it } from 'vitest';
import { createDevices } from '../devices.ts';
import { seededRandom } from '../machine/random.ts';
import type { BufferUse } from '../scene/buffer-use.ts';
import type { Cursor } from '../scene/cursor.ts';
import type { Surface } from '../scene/surface.ts';
import { captureDefaults, FencedRelease, TestClient, TestDesktop } from './testing.ts';

const ARROW = { kind: 'shape', shape: 'default' } as const;

/** Commits, captures, cursors and destructions in any order, in a machine that runs its entries in any order. */
function chaos(seed: number): void {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const desktop = new TestDesktop(createDevices, {
    machine: { seed, order: 'random' },
    outputs: [
      { width: 64, height: 48, refresh: 60_000 },
      { width: 64, height: 48, refresh: 50_000 },
    ],
  });
  desktop.machine.advance(100_000_000n);
  const somewhere = () => ({ x: Math.floor(random() * 140) - 5, y: Math.floor(random() * 50) });
  const hotspot = { x: 2, y: 2 };
  // The drawing of a named cursor stays.
  desktop.scene.cursor = { position: somewhere(), hotspot, content: ARROW };
  desktop.machine.advance(100_000_000n);
  const open = desktop.task.files.size;
  const releases: FencedRelease[] = [];
  const uses: BufferUse[] = [];
  const captures: { answers: number; expected: number }[] = [];
  const surfaces = new Map<Surface, TestClient>();
  for (let step = 0; step < 60; step++) {
    const action = random();
    if (surfaces.size < 2 || action < 0.15) {
      const place = { x: Math.floor(random() * 100), y: Math.floor(random() * 30), width: 16, height: 16 };
      surfaces.set(desktop.window(`window ${step}`, place), new TestClient(desktop));
    } else if (action < 0.3) {
      const cursor: Cursor | null = desktop.scene.cursor;
      const content = pick([ARROW, ARROW, { kind: 'surface', surface: pick([...surfaces.keys()]) } as const]);
      if (random() < 0.6 && cursor) desktop.scene.cursor = { ...cursor, position: somewhere() };
      else desktop.scene.cursor = random() < 0.2 ? null : { position: somewhere(), hotspot, content };
    } else if (action < 0.75) {
      const [surface, client] = pick([...surfaces]);
      const buffer = random() < 0.5 ? client.dmabuf(16, 16) : client.shm(16, 16);
      if (buffer.kind === 'dmabuf' && random() < 0.5)
        client.render(buffer, 0xff00ff, BigInt(Math.floor(random() * 30e6)));
      const release = new FencedRelease(desktop, `${step}`);
      releases.push(release);
      uses.push(desktop.commit(surface, buffer, { targets: { fenced: release.target } }));
      if (random() < 0.5) client.destroy(buffer);
    } else if (action < 0.85) {
      const client = new TestClient(desktop);
      const region = random() < 0.3 ? { x: 20, y: 10, width: 30, height: 20 } : null;
      const { width, height } = region ?? { width: 64, height: 48 };
      const buffer = random() < 0.5 ? client.dmabuf(width, height) : client.shm(width, height);
      const capture = { answers: 0, expected: 1 };
      captures.push(capture);
      const cancel = pick([...desktop.display.list]).capture({
        ...captureDefaults,
        ...(region ? { region } : {}),
        paintCursors: random() < 0.5,
        buffer,
        immediate: true,
        ready: () => capture.answers++,
        failed: () => capture.answers++,
      });
      client.destroy(buffer);
      if (random() < 0.3) {
        desktop.machine.advance(BigInt(Math.floor(random() * 30e6)));
        cancel[Symbol.dispose]();
        // What was not answered until now never is.
        capture.expected = capture.answers;
      }
    } else {
      const [surface, client] = pick([...surfaces]);
      surfaces.delete(surface);
      if (random() < 0.5) client.task.exit();
      surface.destroy();
      if (surface.role?.kind === 'toplevel') desktop.scene.removeWindow(surface.role.window);
    }
    if (random() < 0.7) desktop.machine.advance(BigInt(Math.floor(random() * 40e6)));
  }
  if (random() < 0.3) desktop.display.remove('Virtual-2');
  for (const surface of surfaces.keys()) {
    surface.destroy();
    if (surface.role?.kind === 'toplevel') desktop.scene.removeWindow(surface.role.window);
  }
  desktop.machine.advance(1_000_000_000n);
  expect(releases.map(({ times }) => times)).toEqual(releases.map(() => 1));
  expect(releases.every(({ signalled }) => signalled)).toBe(true);
  expect(uses.flatMap(({ holders }) => holders)).toEqual([]);
  expect(desktop.trace.notes('fault')).toEqual([]);
  expect(captures.map(({ answers }) => answers)).toEqual(captures.map(({ expected }) => expected));
  // Descriptors of buffers that no client destroyed are the rest: clients keep those of their wl_buffers.
  const kept = uses.filter(({ buffer }) => !buffer.lifetime.ended).length;
  const fenced = releases.filter(({ kind }) => kind === 'fenced').length;
  expect(desktop.task.files.size).toBe(open + kept + fenced);
  desktop[Symbol.dispose]();
}

it.each([1, 2, 3, 4, 5, 6, 7, 8])('gives back everything once, whatever the order (seed %i)', seed =>
  chaos(seed),
);
