import { describe, expect, it } from 'vitest';
import { Access, hostAllowed, sameOrigin } from './access.ts';

describe('access', () => {
  it('knows its token and no other', () => {
    const access = new Access();
    expect(access.knows(access.token)).toBe(true);
    for (const wrong of ['', 'x', `${access.token}x`, access.token.slice(1), new Access().token])
      expect(access.knows(wrong)).toBe(false);
  });

  it('takes a ticket once', () => {
    const access = new Access();
    const ticket = access.issueTicket();
    expect(access.redeem(ticket)).toBe(true);
    expect(access.redeem(ticket)).toBe(false);
    expect(access.redeem('')).toBe(false);
  });

  it('forgets tickets that nobody comes for', () => {
    let now = 0;
    const access = new Access(() => now);
    const late = access.issueTicket();
    now += 30_001;
    expect(access.redeem(late)).toBe(false);
    const first = access.issueTicket();
    for (let more = 0; more < 64; more++) access.issueTicket();
    expect(access.redeem(first)).toBe(false);
  });
});

describe('names that a request may be for', () => {
  it.each(['127.0.0.1:4000', 'localhost:4000', 'LOCALHOST', '[::1]:80', '192.168.1.7:80', 'screen.lan:4000'])(
    '%s',
    host => expect(hostAllowed({ host }, 'screen.lan')).toBe(true),
  );

  it.each([
    undefined,
    '',
    'evil.example',
    'evil.example:4000',
    '127.0.0.1.evil.example',
    'localhost.evil',
    'a b',
  ])('not %s, which DNS may have led here', host =>
    expect(hostAllowed(host === undefined ? {} : { host }, '127.0.0.1')).toBe(false),
  );
});

describe('origins', () => {
  it('is the same only with the same name and port', () => {
    const host = '127.0.0.1:4000';
    expect(sameOrigin({ host, origin: 'http://127.0.0.1:4000' })).toBe(true);
    for (const origin of [
      'http://127.0.0.1:4001',
      'http://localhost:4000',
      'https://127.0.0.1:4000',
      'http://evil.example',
      'null',
      '',
    ])
      expect(sameOrigin({ host, origin })).toBe(false);
    expect(sameOrigin({ host })).toBe(false);
  });
});
