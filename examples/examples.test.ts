import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Compositor } from '../compositor/compositor.ts';
import { createDevices } from '../compositor/devices.ts';
import { openHostFiles } from '../compositor/machine/host-files.ts';
import { RealMachine } from '../compositor/machine/real-machine.ts';
import { DEFAULT_CAPABILITIES } from '../compositor/server/index.ts';
import { listenUnix } from '../protocol/transport/unix.ts';

const directory = mkdtempSync(join(tmpdir(), 'fencepost-examples-'));
const display = join(directory, 'display');
const machine = new RealMachine();
const { kernel } = createDevices({
  machine,
  outputs: [{ width: 320, height: 240 }],
  engines: 'virtual',
  memoryBytes: 128 << 20,
  host: openHostFiles(),
});
const compositor = new Compositor({ kernel });
let listener: Disposable;

beforeAll(async () => {
  listener = await listenUnix(display, {
    onConnection: connection => {
      compositor.server.accept(connection, { name: 'example', capabilities: DEFAULT_CAPABILITIES });
    },
  });
  vi.stubEnv('FENCEPOST_DISPLAY', display);
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

afterAll(() => {
  vi.unstubAllEnvs();
  listener[Symbol.dispose]();
  compositor[Symbol.dispose]();
  kernel[Symbol.dispose]();
  machine[Symbol.dispose]();
  rmSync(directory, { recursive: true });
});

/** Runs an example as from the command line; what it printed. */
async function run(name: string, ...words: string[]): Promise<string[]> {
  const printed: string[] = [];
  vi.spyOn(console, 'log').mockImplementation(line => void printed.push(String(line)));
  vi.spyOn(console, 'error').mockImplementation(line => void printed.push(`error: ${line}`));
  vi.spyOn(process, 'argv', 'get').mockReturnValue(['node', name, '--frames', '4', ...words]);
  await import(new URL(`${name}.ts`, import.meta.url).href);
  return printed;
}

describe('each example shows its frames and ends', () => {
  it.each([
    ['hello', [], []],
    ['photo-viewer', ['--seconds', '0.01'], []],
    ['subsurfaces', [], []],
    ['input', [], []],
    ['gpu-drawing', [], []],
    ['animation', [], ['4 of the last 4 frames were presented']],
    ['video-player', [], ['4 frames shown']],
    ['explicit-sync-file', [], ['frame 4, image', 'release fence', 'acquire fence']],
    ['explicit-sync-timeline', [], ['frame 4: job 4 submitted']],
    ['live-histogram', [], ['counted by the display, is of 76800 pixels']],
  ])('%s', async (name, words, told) => {
    const printed = await run(name, ...words);
    const text = printed.join('\n');
    expect(text).not.toContain('error: ');
    for (const line of told) expect(text).toContain(line);
    expect(process.exitCode).toBeUndefined();
  });
});

describe('an example that cannot run', () => {
  it('says why, and fails', async () => {
    const { runExample } = await import('./lib/example.ts');
    const printed: unknown[] = [];
    vi.spyOn(console, 'error').mockImplementation(line => void printed.push(line));
    await runExample({
      about: 'Asks for too many images.',
      run: async ({ client }) => void (await (await client.createWindow({ buffers: 99 })).nextFrame()),
    });
    expect(printed).toEqual(['a swapchain of 99 images: 1 to 16 are possible']);
    expect(process.exitCode).toBe(1);
  });
});
