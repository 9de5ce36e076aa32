// A client that runs in a browser: the page of the example, in a real one.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILD_TIMEOUT, build, example, Running, type Served, serve } from './program.ts';
import { connect, screenshot } from './sdk.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];

// Without a browser there is nothing to run it in; `npm test` says that this was left out.
describe.runIf(existsSync(executablePath))('the page of the example', () => {
  let server: Served;
  let pages: Running;
  let browser: Browser;

  beforeAll(async () => {
    build();
    server = await serve(['--websocket', '127.0.0.1:0']);
    pages = new Running(process.execPath, [example('browser-client'), '--display', server.websocket]);
    browser = await chromium.launch({ executablePath, args: [...flags, ...quiet] });
  }, BUILD_TIMEOUT);

  afterAll(async () => {
    await browser?.close();
  });

  /** How many pixels of the screen have a colour. */
  async function count(color: readonly [red: number, green: number, blue: number]): Promise<number> {
    const client = await connect({ display: server.display, timeout: 10_000 });
    const { data } = await screenshot(client, { timeout: 10_000 });
    await client.close();
    let found = 0;
    for (let at = 0; at < data.length; at += 4)
      if (color.every((part, channel) => Math.abs(part - data[at + channel]!) <= 2)) found++;
    return found;
  }

  it('puts what is drawn on its canvas on the screen', async () => {
    const [, address] = await pages.says(/open (http:\S+)/);
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', error => problems.push(error.message));
    page.on('console', message => message.type() === 'error' && problems.push(message.text()));
    await page.goto(address!);
    const status = page.locator('output');
    await status.filter({ hasText: /^frame 1 / }).waitFor();
    const background = await count([0x1d, 0x27, 0x33]);
    expect([background, await count([0xff, 0xb3, 0x47])]).toEqual([320 * 240, 0]);
    // Holds the button and moves: a stroke is a frame, or several.
    const canvas = (await page.locator('canvas').boundingBox())!;
    const at = (part: number) => [canvas.x + canvas.width * part, canvas.y + canvas.height / 2] as const;
    await page.mouse.move(...at(0.2));
    await page.mouse.down();
    await page.mouse.move(...at(0.5), { steps: 4 });
    await page.mouse.move(...at(0.8), { steps: 4 });
    await page.mouse.up();
    await status.filter({ hasText: /^frame [2-9]/ }).waitFor();
    // The last strokes may be on their way still.
    let stroke = 0;
    while (stroke < 320 * 0.5) stroke = await count([0xff, 0xb3, 0x47]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('shows what the pointer of the server draws on its window', async () => {
    const [, address] = await pages.says(/open (http:\S+)/);
    const page = await browser.newPage();
    await page.goto(address!);
    await page
      .locator('output')
      .filter({ hasText: /^frame 1 / })
      .waitFor();
    const person = await connect({ display: server.display, timeout: 10_000 });
    const manager = person.bind('zwlr_virtual_pointer_manager_v1');
    const pointer = manager.create_virtual_pointer(person.bind('wl_seat'));
    const to = (x: number) => {
      pointer.motion_absolute(0, x, 120, 320, 240);
      pointer.frame();
    };
    to(40);
    pointer.button(0, 0x110, 1);
    pointer.frame();
    for (const x of [100, 180, 260]) to(x);
    await page.waitForFunction(() => {
      const canvas = document.querySelector('canvas')!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let blue = 0;
      for (let at = 0; at < data.length; at += 4)
        if (data[at] === 0x6f && data[at + 1] === 0xc3 && data[at + 2] === 0xff) blue++;
      return blue > 200 * 4;
    });
    // The last of it may be on its way still; the window is scaled to the screen, and its line with it.
    while ((await count([0x6f, 0xc3, 0xff])) < 200 * 2);
    await person.close();
    await page.close();
  });

  it('of another origin is turned away', async () => {
    const page = await browser.newPage();
    await page.goto('data:text/html,<title>elsewhere</title>');
    const opened = await page.evaluate(
      url =>
        new Promise<string>(resolve => {
          const socket = new WebSocket(url);
          socket.onopen = () => resolve('open');
          socket.onerror = () => resolve('refused');
        }),
      server.websocket,
    );
    expect(opened).toBe('refused');
    await page.close();
  });
});
