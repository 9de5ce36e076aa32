// What the viewer costs the compositor: nobody there to look, nobody looking, and one page that looks.
import { join } from 'node:path';
import { cpuTime } from './cpu-time.ts';
import type { Figure } from './figure.ts';
import type { Seen } from './load-client.ts';
import { benchProgram, Program, serve, withDirectory } from './processes.ts';

const OUTPUT = '1280x720@60';
const CLIENT = { kind: 'shm', width: 320, height: 200 };
const FRAMES = 240;

type Looking = 'no viewer' | 'nobody looks' | 'one page looks';

interface Cost {
  /** CPU nanoseconds of the compositor for each vblank that showed something new. */
  readonly cpu: number;
  /** Pictures that the page got for each of them. */
  readonly pictures: number;
}

const measure = (looking: Looking): Promise<Cost> =>
  withDirectory(async directory => {
    const socket = join(directory, 'socket');
    const server = await serve(
      socket,
      '--output',
      OUTPUT,
      ...(looking === 'no viewer' ? ['--no-viewer'] : []),
    );
    let page: Program | null = null;
    try {
      const { kind, width, height } = CLIENT;
      const client = new Program([benchProgram('load.js'), kind, ...[width, height, 1, FRAMES].map(String)], {
        FENCEPOST_DISPLAY: socket,
      });
      if (looking === 'one page looks') {
        page = new Program([benchProgram('viewer-page.js'), await viewerAddress(server)]);
        await page.line();
      }
      await client.line();
      const picturesOf = async (): Promise<number> => {
        page?.tell('how many');
        return page === null ? 0 : Number(await page.line());
      };
      const before = { cpu: cpuTime(server.pid), pictures: await picturesOf() };
      client.tell('begin');
      const seen = JSON.parse(await client.line()) as Seen[];
      const used = cpuTime(server.pid) - before.cpu;
      const pictures = (await picturesOf()) - before.pictures;
      await client.ended();
      const frames = new Set(seen.flatMap(({ sequences }) => sequences)).size;
      return { cpu: used / frames, pictures: pictures / frames };
    } finally {
      await page?.[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    }
  });

/** What the server says after its sockets. */
async function viewerAddress(server: Program): Promise<string> {
  for (;;) {
    const address = /^viewer +(\S+)/.exec(await server.line())?.[1];
    if (address) return address;
  }
}

/** CPU seconds of the compositor for each frame, by who looks. */
export async function viewerFigures(): Promise<Figure[]> {
  const name = (looking: Looking) => `${looking}: CPU time a frame`;
  const base = name('no viewer');
  const figures: Figure[] = [];
  for (const looking of ['no viewer', 'nobody looks', 'one page looks'] as const) {
    const { cpu, pictures } = await measure(looking);
    const compared = looking === 'no viewer' ? {} : { base };
    figures.push({ name: name(looking), value: cpu / 1e9, unit: 's', ...compared });
    if (looking === 'one page looks')
      figures.push({ name: `${looking}: pictures`, value: pictures, unit: 'a frame' });
  }
  return figures;
}
