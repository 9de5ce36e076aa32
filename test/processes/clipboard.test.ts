// The clipboard between programs that know nothing of each other or of us: wl-copy and wl-paste.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILD_TIMEOUT, build, type Ended, fencepost, privateDirectory, Running } from './program.ts';
import { whyNoDescriptors } from './sdk.ts';

const missing = ['wl-copy', 'wl-paste'].filter(program => spawnSync('which', [program]).status !== 0);
const why = missing.length > 0 ? `${missing.join(' and ')} not installed` : whyNoDescriptors();

describe.skipIf(why !== '')(`wl-copy and wl-paste${why && ` (${why})`}`, () => {
  const directory = privateDirectory();
  let server: Running;
  let environment: Record<string, string>;

  beforeAll(async () => {
    build();
    server = fencepost(['serve', '--no-status', '--output', '320x240'], { XDG_RUNTIME_DIR: directory });
    const [, path] = await server.says(/^wayland +(\S+)/m);
    environment = { XDG_RUNTIME_DIR: directory, WAYLAND_DISPLAY: path! };
  }, BUILD_TIMEOUT);

  afterAll(async () => {
    await server?.end('SIGINT');
  });

  /** Resolves once the program, which goes on in the background to answer, has the selection. */
  async function copy(...words: string[]): Promise<void> {
    const { status, output } = await new Running('sh', ['-c', `wl-copy ${words.join(' ')} 2>&1`], environment)
      .ended;
    expect([status, output]).toEqual([0, '']);
  }

  const paste = (...words: string[]) => new Running('wl-paste', words, environment).ended;

  /** Pastes until what comes is what is wanted; the test's own time ends it otherwise. */
  async function whenPasted(wanted: (ended: Ended) => boolean): Promise<void> {
    while (!wanted(await paste()));
  }

  it('text goes from one to the other, with its types', async () => {
    await copy("'Grüße, 世界'", '</dev/null', '>/dev/null');
    expect(await paste('--no-newline')).toMatchObject({ status: 0, output: 'Grüße, 世界' });
    expect((await paste('--list-types')).output.split('\n')).toContain('text/plain;charset=utf-8');
  });

  it('the primary selection is another', async () => {
    await copy('clipboard', '>/dev/null');
    await copy('--primary', 'middle', '>/dev/null');
    expect((await paste('--primary', '--no-newline')).output).toBe('middle');
    expect((await paste('--no-newline')).output).toBe('clipboard');
  });

  it('many megabytes arrive as they are, at several readers', async () => {
    const bytes = randomBytes(8 << 20);
    const file = join(directory, 'large');
    writeFileSync(file, bytes);
    await copy('--type', 'application/octet-stream', `<${file}`, '>/dev/null');
    const readers = [1, 2, 3].map(reader => {
      const into = join(directory, `read-${reader}`);
      const script = `wl-paste --type application/octet-stream >${into}`;
      return new Running('sh', ['-c', script], environment).ended.then(() => readFileSync(into));
    });
    for (const read of await Promise.all(readers)) expect(read.equals(bytes)).toBe(true);
  });

  it('is empty when it was cleared, and when the program that had it is gone', async () => {
    await copy('something', '>/dev/null');
    await copy('--clear', '>/dev/null');
    expect(await paste()).toMatchObject({ status: 1, output: expect.stringContaining('No selection') });
    const killed = new Running('wl-copy', ['--foreground', 'fleeting'], environment);
    await whenPasted(({ status, output }) => status === 0 && output === 'fleeting\n');
    await killed.end('SIGKILL');
    // The compositor learns of it in its own time.
    await whenPasted(({ status, output }) => status === 1 && output.includes('No selection'));
  });
});
