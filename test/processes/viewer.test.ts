// The viewer's page in a real browser, with the built program.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BUILD_TIMEOUT, build, privateDirectory, Running, type Served, serve } from './program.ts';
import {
  type Client,
  connect,
  type KeyboardEvent,
  type PointerEvent,
  screenshot,
  type TouchEvent,
  type Window,
} from './sdk.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
const FOOT = '/usr/bin/foot';
const LEFT = 0x110;
const MARK = 0xffffb347;

/** A window with a mark in it, and what it hears. */
interface Program {
  readonly client: Client;
  readonly window: Window;
  readonly heard: { pointer: PointerEvent[]; keyboard: KeyboardEvent[]; touch: TouchEvent[] };
  paint(colour: number, mark: { x: number; y: number; size: number }): Promise<void>;
}

async function programOn(display: string): Promise<Program> {
  const client = await connect({ display, timeout: 10_000 });
  const window = await client.createWindow({ title: 'easel' });
  const heard: Program['heard'] = { pointer: [], keyboard: [], touch: [] };
  client.seat.on('pointer', event => heard.pointer.push(event));
  client.seat.on('keyboard', event => heard.keyboard.push(event));
  client.seat.on('touch', event => heard.touch.push(event));
  const paint: Program['paint'] = async (colour, { x, y, size }) => {
    const frame = await window.nextFrame();
    const { pixels, stride } = await frame.map();
    pixels.fill(colour);
    for (let row = y; row < y + size; row++)
      pixels.fill(MARK, (row * stride) / 4 + x, (row * stride) / 4 + x + size);
    frame.present();
  };
  return { client, window, heard, paint };
}

/** What the page has on its canvas: rows of red, green, blue, alpha. */
const canvasOf = async (page: Page): Promise<Buffer> =>
  Buffer.from(
    await page.evaluate(() => {
      const canvas = document.querySelector('canvas')!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let text = '';
      for (let at = 0; at < data.length; at += 0x8000)
        text += String.fromCharCode(...data.subarray(at, at + 0x8000));
      return btoa(text);
    }),
    'base64',
  );

// Without a browser there is nothing to run it in; `npm test` says that this was left out.
describe.runIf(existsSync(executablePath))('the page of the viewer', () => {
  let server: Served;
  let address: string;
  let browser: Browser;
  let page: Page;
  let easel: Program;
  const problems: string[] = [];

  const addressOf = async (process: Running) => (await process.says(/^viewer +(\S+)/m))[1]!;

  beforeAll(async () => {
    build();
    browser = await chromium.launch({ executablePath, args: [...flags, ...quiet] });
  }, BUILD_TIMEOUT);
  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    server = await serve();
    address = await addressOf(server.process);
    easel = await programOn(server.display);
    await easel.paint(0xff1d2733, { x: 20, y: 16, size: 8 });
    problems.length = 0;
    page = await browser.newPage({ viewport: { width: 900, height: 700 }, hasTouch: true });
    page.on('pageerror', error => problems.push(error.message));
    page.on('console', message => message.type() === 'error' && problems.push(message.text()));
    await page.goto(address);
    await page.locator('[data-state=live]').waitFor();
    await page.locator('canvas').first().waitFor();
  });
  afterEach(async () => {
    await page.close();
    await easel.client.close();
    await server.process.end('SIGTERM');
    expect(problems).toEqual([]);
  });

  /** Looks again after each picture until the canvas is what a screenshot is. */
  async function showsTheScreen(): Promise<void> {
    await expect
      .poll(
        async () => {
          const { data } = await screenshot(easel.client, { timeout: 10_000 });
          return Buffer.compare(await canvasOf(page), Buffer.from(data));
        },
        { timeout: 15_000 },
      )
      .toBe(0);
  }

  /** A place in the page that shows this pixel of the window. */
  async function placeOf(x: number, y: number): Promise<{ x: number; y: number }> {
    const { data, width } = await screenshot(easel.client, { timeout: 10_000 });
    const mark = data.findIndex(
      (red, at) => at % 4 === 0 && red === 0xff && data[at + 1] === 0xb3 && data[at + 2] === 0x47,
    );
    const [left, top] = [((mark / 4) % width) - 20, Math.floor(mark / 4 / width) - 16];
    const box = (await page.locator('.glass').boundingBox())!;
    const scale = box.width / width;
    return { x: box.x + (left + x) * scale, y: box.y + (top + y) * scale };
  }

  const wait = (condition: () => boolean) => expect.poll(condition, { timeout: 10_000 }).toBe(true);

  it('shows the screen to the pixel, and goes on doing so', async () => {
    await showsTheScreen();
    await easel.paint(0xff336699, { x: 60, y: 50, size: 40 });
    await showsTheScreen();
  });

  it('has no token in its address bar, and is let in again when it is loaded anew', async () => {
    expect(page.url()).not.toContain('token');
    await page.reload();
    await page.locator('[data-state=live]').waitFor();
    await showsTheScreen();
  });

  it('a click lands in the program at that pixel', async () => {
    const place = await placeOf(24.5, 20.5);
    await page.mouse.move(place.x, place.y);
    await page.mouse.down();
    await page.mouse.up();
    await wait(() => easel.heard.pointer.some(event => event.kind === 'button' && !event.pressed));
    const click = easel.heard.pointer.find(event => event.kind === 'button');
    expect(click).toMatchObject({ button: LEFT, pressed: true });
    expect(click?.kind === 'button' && [Math.floor(click.x), Math.floor(click.y)]).toEqual([24, 20]);
  });

  it.each(['Escape', 'Home'])(
    'keys go to the program after a click, and not after Ctrl+Alt+%s',
    async out => {
      const place = await placeOf(50, 50);
      await page.mouse.click(place.x, place.y);
      await page.keyboard.type('hi', { delay: 5 });
      const pressed = () =>
        easel.heard.keyboard.flatMap(event => (event.kind === 'key' && event.pressed ? [event.key] : []));
      await wait(() => pressed().length === 2);
      expect(pressed()).toEqual([35, 23]);
      await page.keyboard.press(`Control+Alt+${out}`);
      await page.keyboard.press('x');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.className)).not.toContain('glass');
      await page.mouse.click(place.x, place.y);
      await page.keyboard.press('z');
      await wait(() => pressed().includes(44));
      expect(pressed()).not.toContain(45);
    },
  );

  it('what is typed arrives, whatever the layout: not every key is where a US keyboard has it', async () => {
    const place = await placeOf(50, 50);
    await page.mouse.click(place.x, place.y);
    // As a German keyboard has it: Z where Y is.
    await page.evaluate(() => {
      const glass = document.querySelector('.glass')!;
      const press = { code: 'KeyY', key: 'z', bubbles: true, cancelable: true };
      glass.dispatchEvent(new KeyboardEvent('keydown', press));
      glass.dispatchEvent(new KeyboardEvent('keyup', press));
    });
    const pressed = () =>
      easel.heard.keyboard.flatMap(event => (event.kind === 'key' && event.pressed ? [event.key] : []));
    await wait(() => pressed().length > 0);
    expect(pressed()).toEqual([44]);
  });

  it.runIf(existsSync(FOOT))('typing reaches a terminal', async () => {
    const [, wayland] = await server.process.says(/^wayland +(\S+)/m);
    const directory = privateDirectory();
    const shell = join(directory, 'shell');
    writeFileSync(shell, '#!/bin/sh\nread -r line\nprintf %s "$line" > heard\n', { mode: 0o700 });
    const terminal = new Running(FOOT, ['--app-id', 'terminal', `--working-directory=${directory}`, shell], {
      XDG_RUNTIME_DIR: directory,
      WAYLAND_DISPLAY: wayland,
      LC_ALL: 'C.UTF-8',
    });
    await page.locator('#windows .card').filter({ hasText: 'terminal' }).waitFor();
    await page.locator('.glass').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.type('"100 %" ~/[A-z]*, ', { delay: 5 });
    // As a phone's keyboard, or an input method, gives text.
    await page.evaluate(() => document.querySelector<HTMLElement>('#typing')!.focus());
    await page.keyboard.insertText('Grüße, 世界');
    await page.keyboard.press('Enter');
    await terminal.ended;
    expect(readFileSync(join(directory, 'heard'), 'utf8')).toBe('"100 %" ~/[A-z]*, Grüße, 世界');
  });

  it('Tab passes a screen by, until Enter gives it the keys', async () => {
    await page.locator('.glass').focus();
    await page.keyboard.press('Shift+Tab');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BUTTON');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await wait(() => easel.heard.keyboard.some(event => event.kind === 'key' && event.key === 15));
    expect(await page.evaluate(() => document.activeElement?.className)).toContain('glass');
  });

  it('a finger is a finger', async () => {
    const place = await placeOf(40, 40);
    await page.touchscreen.tap(place.x, place.y);
    await wait(() => easel.heard.touch.some(event => event.kind === 'up'));
    const down = easel.heard.touch.find(event => event.kind === 'down');
    expect(down?.kind === 'down' && [Math.round(down.x), Math.round(down.y)]).toEqual([40, 40]);
    expect(easel.heard.pointer.filter(event => event.kind === 'button')).toEqual([]);
  });

  it('a finger moves a picture that is larger than its room, and touches nothing, when it is to', async () => {
    await page.setViewportSize({ width: 280, height: 480 });
    await page.getByRole('button', { name: '1:1' }).click();
    await page.getByRole('button', { name: 'Move' }).click();
    const swipe = await page.context().newCDPSession(page);
    const box = (await page.locator('.glass').boundingBox())!;
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...xs: number[]) =>
      swipe.send('Input.dispatchTouchEvent', { type, touchPoints: xs.map(x => ({ x, y: box.y + 40 })) });
    const scrolled = () => page.locator('.stage').evaluate(stage => stage.scrollLeft);
    await touch('touchStart', 200);
    for (let x = 190; x > 100; x -= 10) await touch('touchMove', x);
    await touch('touchEnd');
    await expect.poll(scrolled).toBeGreaterThan(0);
    expect(easel.heard.touch).toEqual([]);
    await page.getByRole('button', { name: 'Fit' }).click();
    const place = await placeOf(40, 40);
    await page.touchscreen.tap(place.x, place.y);
    await wait(() => easel.heard.touch.some(event => event.kind === 'up'));
  });

  it('a key that waits for the next one to make a character of both is no key of its own', async () => {
    const place = await placeOf(50, 50);
    await page.mouse.click(place.x, place.y);
    await page.locator('.glass').evaluate(glass => {
      for (const [key, code] of [
        ['Dead', 'Backquote'],
        ['z', 'KeyZ'],
      ])
        for (const type of ['keydown', 'keyup'])
          glass.dispatchEvent(new KeyboardEvent(type, { key: key!, code: code!, bubbles: true }));
    });
    const pressed = () =>
      easel.heard.keyboard.flatMap(event => (event.kind === 'key' && event.pressed ? [event.key] : []));
    await wait(() => pressed().includes(44));
    expect(pressed()).toEqual([44]);
  });

  it('lists windows and planes, and steers windows', async () => {
    const card = page.locator('#windows .card').filter({ hasText: 'easel' });
    await card.waitFor();
    await page.locator('#planes .card').filter({ hasText: 'primary' }).waitFor();
    const closed = new Promise<void>(resolve => easel.window.on('close', () => resolve()));
    await card.getByRole('button', { name: 'Close easel' }).click();
    await closed;
  });

  it('a frozen picture stays, and catches up', async () => {
    await showsTheScreen();
    await page.getByRole('button', { name: 'Freeze' }).click();
    const before = await canvasOf(page);
    for (let shade = 0; shade < 4; shade++)
      await easel.paint(0xff000000 | (shade * 0x202020), { x: 0, y: 0, size: 4 });
    await screenshot(easel.client, { timeout: 10_000 });
    expect(Buffer.compare(await canvasOf(page), before)).toBe(0);
    await page.getByRole('button', { name: 'Freeze' }).click();
    await showsTheScreen();
  });

  it('lets time pass by single vblanks', async () => {
    const slow = await serve(['--virtual-time']);
    const program = await programOn(slow.display);
    await program.paint(0xff1d2733, { x: 20, y: 16, size: 8 });
    await page.goto(await addressOf(slow.process));
    const step = page.getByRole('button', { name: 'One vblank' });
    await step.waitFor();
    await page.locator('canvas').first().waitFor();
    const shows = async (...colour: number[]) => (await canvasOf(page)).includes(Buffer.from(colour));
    await expect.poll(() => shows(0x1d, 0x27, 0x33), { timeout: 15_000 }).toBe(true);
    await page.getByRole('button', { name: 'Freeze' }).click();
    await page.locator('#tool-freeze[aria-pressed=true]').waitFor();
    const before = await canvasOf(page);
    await program.paint(0xff884422, { x: 0, y: 0, size: 4 });
    expect(Buffer.compare(await canvasOf(page), before)).toBe(0);
    await expect
      .poll(
        async () => {
          await step.click();
          return await shows(0x88, 0x44, 0x22);
        },
        { timeout: 15_000 },
      )
      .toBe(true);
    await program.client.close();
    await slow.process.end('SIGTERM');
    problems.length = 0;
  });

  it('says that the session is gone, and of which address it needs', async () => {
    const stranger = await browser.newPage();
    await stranger.goto(new URL('/', address).href);
    await stranger.getByText('Open the address that was printed').waitFor();
    await stranger.close();
    await server.process.end('SIGTERM');
    await page.getByRole('heading', { name: 'The session does not answer' }).waitFor();
    // It tries again, and the browser notes each time that nobody is there.
    await page.close();
    problems.length = 0;
  });

  it('needs no scrolling sideways on a phone', async () => {
    const phone = await browser.newPage({
      viewport: { width: 360, height: 740 },
      isMobile: true,
      hasTouch: true,
    });
    await phone.goto(address);
    await phone.locator('canvas').first().waitFor();
    const widths = await phone.evaluate(() => [
      document.documentElement.scrollWidth,
      document.querySelector('.tools')!.scrollWidth,
      document.querySelector('.stage')!.scrollWidth,
    ]);
    expect(Math.max(...widths)).toBeLessThanOrEqual(360);
    await phone.close();
  });

  it('can be told apart by those who do not see it', async () => {
    const unnamed = await page.evaluate(() =>
      [...document.querySelectorAll('button, select, textarea, [role=application]')]
        .filter(element => element.checkVisibility())
        .filter(element => !element.textContent?.trim() && !element.getAttribute('aria-label'))
        .map(element => element.outerHTML),
    );
    expect(unnamed).toEqual([]);
    expect(await page.locator('.glass').getAttribute('aria-label')).toContain('320 by 240');
    expect(await page.getByRole('status').first().textContent()).toBe('Live');
  });
});
