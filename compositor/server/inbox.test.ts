import { expect, it } from 'vitest';
import type { Message } from '../../protocol/object/message.ts';
import { Inbox } from './inbox.ts';
import { DEFAULT_LIMITS } from './limits.ts';

const LIMITS = { ...DEFAULT_LIMITS, pauseAt: 10, pauseAtBytes: 1000, pauseAtHandles: 4 };
const message = (...args: Message['args']): Message => ({ object: 1, opcode: 0, args });

it.each([
  ['messages', Array.from({ length: 10 }, () => message()), 10],
  ['bytes', [message(), message(), message(), message()], 1000],
  ['descriptors', Array.from({ length: 4 }, (_, fd) => message({ kind: 'host', fd }, 7, 'text')), 40],
])('is full of %s, and relaxed once half of them are handled', (_, batch, bytes) => {
  const inbox = new Inbox(LIMITS);
  inbox.add(batch.slice(1), bytes - bytes / batch.length);
  expect(inbox.full).toBe(false);
  inbox.add(batch.slice(0, 1), bytes / batch.length);
  expect([inbox.full, inbox.relaxed]).toEqual([true, false]);
  for (let half = batch.length / 2; half > 0; half--) inbox.take();
  expect([inbox.full, inbox.relaxed]).toEqual([false, true]);
});
