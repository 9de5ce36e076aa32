// The viewer of a session in virtual time: a person stops the clock in the page, and goes on vblank by vblank.
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILD_TIMEOUT, build, eventually, serve } from './program.ts';
import { type Client, connect } from './sdk.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
const LIMIT = { timeout: 20_000 };

// Without a browser there is nothing to run it in; `npm test` says that this was left out.
describe.runIf(existsSync(executablePath))('the viewer in virtual time', () => {
  let browser: Browser;
  let page: Page;
  let client: Client;
  /** The number of the newest frame that was presented: its colour. */
  let shown = 0;
  let committed = 0;
  let frozen = false;

  beforeAll(async () => {
    build();
    const server = await serve(['--virtual-time', '--test-control']);
    const [, address] = await server.process.says(/^viewer +(\S+)/m);
    browser = await chromium.launch({ executablePath, args: [...flags, ...quiet] });
    page = await browser.newPage();
    await page.goto(address!);
    client = await connect({ display: server.display, ...LIMIT });
    client.bind('fencepost_control_v1').on('clock', (_, stands) => {
      frozen = stands !== 0;
    });
    animate().catch(() => {});
    await page.locator('body[data-state=live]').waitFor();
  }, BUILD_TIMEOUT);

  afterAll(async () => {
    await client?.close();
    await browser?.close();
  });

  /** Frame after frame, each a colour of its own, as fast as the display takes them, until the connection ends. */
  async function animate(): Promise<void> {
    const window = await client.createWindow({ fullscreen: true }, LIMIT);
    for await (const frame of window.frames()) {
      const { number } = frame;
      (await frame.map()).pixels.fill(0xff000000 | (number & 0xffff));
      frame.presentWithFeedback().then(
        ({ kind }) => {
          if (kind === 'presented') shown = number;
        },
        () => {},
      );
      committed = number;
    }
  }

  /** Resolves when the next frame is with the server, which shows none while the clock stands. */
  async function nextIsReady(): Promise<void> {
    await eventually(() => committed === shown + 1, 'the next frame was drawn');
    await client.roundtrip(LIMIT);
  }

  /** Resolves when the page shows this frame. */
  const pageShows = (frame: number) =>
    page.waitForFunction(colour => {
      const canvas = document.querySelector('canvas');
      const [red, green, blue] = canvas?.getContext('2d')?.getImageData(100, 100, 1, 1).data ?? [];
      return red === 0 && (green! << 8) + blue! === colour;
    }, frame & 0xffff);

  it('shows one frame more for each step', async () => {
    await eventually(() => shown > 2, 'the animation runs');
    await page.locator('#tool-freeze').click();
    await eventually(() => frozen, 'the clock stands');
    await client.roundtrip(LIMIT);
    for (let step = 0; step < 5; step++) {
      await nextIsReady();
      const before = shown;
      await page.locator('#tool-step').click();
      await eventually(() => shown > before, 'a step shows a frame');
      expect(shown).toBe(before + 1);
      await pageShows(shown);
    }
  });

  it('goes on when the clock does', async () => {
    const before = shown;
    await page.locator('#tool-freeze').click();
    await eventually(() => shown > before + 3, 'the animation goes on');
    expect(frozen).toBe(false);
  });
});
