import { expect, it } from 'vitest';
import { parseWebSocketAddress } from './websocket-option.ts';

it.each([
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  ['9000', { host: '127.0.0.1', port: 9000 }],
])('reads %s', (text, address) => expect(parseWebSocketAddress(text)).toEqual(address));

it.each(['', 'localhost', '127.0.0.1:99999', 'a b:1'])('refuses "%s" in words', text =>
  expect(() => parseWebSocketAddress(text)).toThrow(/expected HOST:PORT/),
);
