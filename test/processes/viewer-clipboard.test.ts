// The clipboard of a person in front of the viewer, and that of programs: wl-copy and wl-paste, and a real browser.
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILD_TIMEOUT, build, privateDirectory, Running, type Served, serve } from './program.ts';
import { whyNoDescriptors } from './sdk.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const programs = [executablePath, '/usr/bin/wl-copy', '/usr/bin/wl-paste'];
const here = programs.every(path => existsSync(path)) && whyNoDescriptors() === '';
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];

// Needs a browser, wl-clipboard, and descriptors that travel.
describe.runIf(here)('the clipboard of the viewer', () => {
  let server: Served;
  let environment: NodeJS.ProcessEnv;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    build();
    const directory = privateDirectory();
    server = await serve([], { XDG_RUNTIME_DIR: directory });
    const [, display] = await server.process.says(/WAYLAND_DISPLAY=([^)]+)\)/);
    environment = { XDG_RUNTIME_DIR: directory, WAYLAND_DISPLAY: display! };
    const [, address] = await server.process.says(/^viewer +(\S+)/m);
    browser = await chromium.launch({ executablePath, args: [...flags, ...quiet] });
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    page = await context.newPage();
    await page.goto(address!);
    await page.locator('body[data-state=live]').waitFor();
  }, BUILD_TIMEOUT);

  afterAll(async () => {
    await browser?.close();
  });

  const onClipboard = () => page.evaluate(() => navigator.clipboard.readText());

  /** Until the browser's clipboard has it. */
  const copied = async (text: string) => {
    while ((await onClipboard()) !== text);
  };

  it('has what a program copies', async () => {
    await page.bringToFront();
    new Running('/usr/bin/wl-copy', ['--foreground', 'from a program: Grüße, 世界'], environment);
    await copied('from a program: Grüße, 世界');
    expect(await onClipboard()).toBe('from a program: Grüße, 世界');
  });

  it('gives programs what the person has copied, when they get the keyboard', async () => {
    await page.evaluate(() => navigator.clipboard.writeText('from a person: ß 🙂'));
    await page.locator('.glass').first().click();
    let pasted = '';
    while (pasted !== 'from a person: ß 🙂') {
      const paste = new Running('/usr/bin/wl-paste', ['--no-newline'], environment);
      pasted = (await paste.ended).output;
    }
    expect(pasted).toBe('from a person: ß 🙂');
  });
});
