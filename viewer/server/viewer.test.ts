import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { screenshot } from '../../client-sdk/index.ts';
import { Desk, SIZE, streamOf, type TestFrame, TestPage, ticketFor } from './testing.ts';

const watch = { type: 'watch', pictures: true, snapshots: false } as const;

let desk: Desk;
beforeEach(async () => {
  desk = await Desk.open();
});
afterEach(() => desk[Symbol.asyncDispose]());

/** What a page has on its canvas after these frames: rows of red, green, blue, alpha. */
function painted(frames: readonly TestFrame[]): Buffer {
  const canvas = Buffer.alloc(SIZE.width * SIZE.height * 4, 0xff);
  for (const { rects, pixels } of frames) {
    let from = 0;
    for (const { x, y, width, height } of rects)
      for (let row = 0; row < height; row++)
        for (let column = 0; column < width; column++, from += 4) {
          const to = ((y + row) * SIZE.width + x + column) * 4;
          canvas[to] = pixels[from + 2]!;
          canvas[to + 1] = pixels[from + 1]!;
          canvas[to + 2] = pixels[from]!;
        }
  }
  return canvas;
}

describe('the way in', () => {
  it('shows the page to whoever has the token, with nothing from elsewhere', async () => {
    expect(new URL(desk.address).hostname).toBe('127.0.0.1');
    const wrong = await fetch(new URL('/?token=wrong', desk.address));
    expect([wrong.status, wrong.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8']);
    const { headers } = await fetch(new URL('/page/none.js', desk.address));
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  });

  it.each(['/../package.json', '/page/../../package.json', '/page/main.ts', '/page/%2e%2e/x.js', '/stream'])(
    'has no file %s',
    async path => expect((await fetch(new URL(path, desk.address))).status).toBe(404),
  );

  it.each(['//', '///x', '//[', '*', 'http://', '/%', 'http://[/'])(
    'has no file at %s either, and goes on',
    async target => {
      const { hostname, port } = new URL(desk.address);
      const asked = request({ hostname, port, path: target, agent: false }).end();
      const [{ statusCode }] = (await once(asked, 'response')) as [IncomingMessage];
      expect(statusCode).toBe(404);
      expect((await fetch(desk.address)).status).toBe(200);
    },
  );

  it('gives tickets for the token alone', async () => {
    expect((await ticketFor(desk.address)).status).toBe(200);
    expect((await ticketFor(desk.address, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await ticketFor(desk.address, { authorization: '' })).status).toBe(401);
  });

  it('is closed to pages of other origins, token or not', async () => {
    expect((await ticketFor(desk.address, { origin: 'http://evil.example' })).status).toBe(403);
    const ticket = await (await ticketFor(desk.address)).text();
    const socket = streamOf(desk.address, ticket, { origin: 'http://evil.example' });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('403');
  });

  it('is closed to names that DNS may have led here', async () => {
    const ticket = await (await ticketFor(desk.address)).text();
    const socket = streamOf(desk.address, ticket, { host: 'evil.example', origin: 'http://evil.example' });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('421');
  });

  it('is open once for each ticket', async () => {
    const ticket = await (await ticketFor(desk.address)).text();
    const first = streamOf(desk.address, ticket);
    await once(first, 'open');
    const [error] = (await once(streamOf(desk.address, ticket), 'error')) as [Error];
    expect(error.message).toContain('401');
    first.terminate();
  });

  it('has no ticket for the token itself', async () => {
    const token = new URL(desk.address).searchParams.get('token')!;
    const [error] = (await once(streamOf(desk.address, token), 'error')) as [Error];
    expect(error.message).toContain('401');
  });
});

describe('pictures', () => {
  it('shows the screen to the pixel, and then what changes', async () => {
    const page = await TestPage.open(desk.address);
    const { outputs } = await page.message('outputs');
    expect(outputs[0]).toMatchObject({ ...SIZE, name: 'Desk', refresh: 60_000 });
    page.say(watch);
    const first = await page.frame(1);
    expect(first.rects).toEqual([{ x: 0, y: 0, ...SIZE }]);
    const { client, paint } = await desk.painter();
    await paint(0xff336699);
    const middle = await page.until(() =>
      page.frames.findLast(({ rects }) => rects.some(({ width, height }) => width > 200 && height > 100)),
    );
    expect(middle.pixels.length).toBe(
      middle.rects.reduce((sum, rect) => sum + rect.width * rect.height * 4, 0),
    );
    const { data } = await screenshot(client);
    // The screenshot may show more than the page has been sent by then.
    await page.until(() =>
      Buffer.compare(painted(page.frames), Buffer.from(data)) === 0 ? true : undefined,
    );
    await client.close();
    await page.close();
  });

  it('come two at a time to a page that does not take them, however much is drawn', async () => {
    const page = await TestPage.open(desk.address);
    page.acknowledges = false;
    page.say(watch);
    const { client, paint } = await desk.painter();
    await page.frame(1);
    for (let colour = 1; colour < 20; colour++) await paint(0xff000000 | (colour * 0x0a0503));
    await screenshot(client);
    expect(page.frames.length).toBeLessThanOrEqual(2);
    const captured = desk.session.compositor.counters.captures;
    for (let colour = 1; colour < 10; colour++) await paint(0xff000000 | (colour * 0x030a05));
    await screenshot(client);
    // One was waiting for damage when the page stopped reading; the screenshot is the other.
    expect(desk.session.compositor.counters.captures - captured).toBeLessThanOrEqual(2);
    page.acknowledges = true;
    const { output, sequence } = page.frames.at(-1)!;
    page.say({ type: 'ack', output, sequence });
    const next = await page.frame(sequence + 1);
    expect(next.rects.length).toBeGreaterThan(0);
    await client.close();
    await page.close();
  });

  it('are captured once for several pages', async () => {
    const pages = await Promise.all([
      TestPage.open(desk.address),
      TestPage.open(desk.address),
      TestPage.open(desk.address),
    ]);
    for (const page of pages) page.say(watch);
    await Promise.all(pages.map(page => page.frame(1)));
    expect(desk.session.compositor.counters.captures).toBe(1);
    const viewers = [...desk.session.compositor.server.clients].filter(({ name }) => name.includes('viewer'));
    expect(viewers).toHaveLength(1);
    for (const page of pages) await page.close();
  });
});

describe('nobody looking', () => {
  it('costs nothing: no client, no capture', async () => {
    expect(desk.session.compositor.server.clients.size).toBe(0);
    const { client, paint } = await desk.painter();
    for (let colour = 0; colour < 5; colour++) await paint(0xff000000 | (colour * 0x101010));
    expect(desk.session.compositor.counters.captures).toBe(0);
    expect(desk.session.compositor.server.clients.size).toBe(1);
    await client.close();
  });

  it('is so again when the last page has gone', async () => {
    const page = await TestPage.open(desk.address);
    page.say(watch);
    await page.frame(1);
    await page.close();
    await vi.waitFor(() => expect(desk.session.compositor.server.clients.size).toBe(0));
    const { captures } = desk.session.compositor.counters;
    const { client, paint } = await desk.painter();
    for (let colour = 0; colour < 5; colour++) await paint(0xff000000 | (colour * 0x101010));
    expect(desk.session.compositor.counters.captures).toBe(captures);
    await client.close();
  });

  it('a page that is hidden or frozen wants no captures', async () => {
    const page = await TestPage.open(desk.address);
    await page.message('outputs');
    page.say({ ...watch, pictures: false });
    const { client, paint } = await desk.painter();
    for (let colour = 0; colour < 5; colour++) await paint(0xff000000 | (colour * 0x101010));
    expect(desk.session.compositor.counters.captures).toBe(0);
    await client.close();
    await page.close();
  });
});

describe('a page that misbehaves is sent away', () => {
  it.each([
    ['not JSON', '{', 'not JSON'],
    ['a place that is none', '{"type":"motion","n":1,"output":1,"x":"a","y":0}', 'x is not a number'],
    ['an acknowledgement of nothing', '{"type":"ack","output":1,"sequence":5}', 'was not sent'],
  ])('%s', async (_, text, words) => {
    const page = await TestPage.open(desk.address);
    await page.message('outputs');
    await page.until(() =>
      page.messages.find(message => message.type === 'outputs' && message.outputs.length > 0),
    );
    page.sayText(text);
    expect(await page.closed()).toEqual({ code: 1008, reason: expect.stringContaining(words) });
  });

  it('a flood', async () => {
    const page = await TestPage.open(desk.address);
    const closed = page.closed();
    for (let n = 1; n <= 5000; n++) page.sayText('{"type":"release"}');
    expect((await closed).code).toBe(1008);
    const { client } = await desk.painter();
    await client.close();
  });
});

it('says goodbye to pages when the session ends', async () => {
  const page = await TestPage.open(desk.address);
  const closed = page.closed();
  await desk[Symbol.asyncDispose]();
  expect((await closed).reason).toBe('the session ends');
});
