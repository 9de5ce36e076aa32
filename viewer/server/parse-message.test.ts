import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadMessage, parseMessage } from './parse-message.ts';

const motion = { type: 'motion', n: 1, output: 1, x: 3.5, y: 4 };

describe('messages of a page', () => {
  it.each([
    motion,
    { type: 'ack', output: 1, sequence: 7 },
    { type: 'watch', pictures: true, snapshots: false },
    { type: 'button', n: 2, code: 0x110, pressed: true },
    { type: 'wheel', n: 3, source: 'wheel', x: 0, y: 15, stepsX: 0, stepsY: 1 },
    { type: 'key', n: 4, code: 30, pressed: false },
    { type: 'touch', n: 5, phase: 'down', id: 0, output: 1, x: 0, y: 0 },
    { type: 'text', n: 6, text: 'ä' },
    { type: 'release' },
    { type: 'control', action: 'step', output: null },
    { type: 'control', action: 'close', window: 3 },
  ])('takes $type', message => expect(parseMessage(JSON.stringify(message))).toEqual(message));

  it('leaves out what it does not know', () =>
    expect(parseMessage(JSON.stringify({ ...motion, more: 'of it' }))).toEqual(motion));

  it.each<[string, unknown]>([
    ['a message that is none', 7],
    ['null', null],
    ['no type', {}],
    ['an unknown type', { type: 'shutdown' }],
    ['a name of every object', { type: 'constructor' }],
    ['a place beyond all screens', { ...motion, x: 1e9 }],
    ['a negative place', { ...motion, y: -1 }],
    ['a place in words', { ...motion, x: '3' }],
    ['an input without a number', { ...motion, n: undefined }],
    ['half an output', { ...motion, output: 0.5 }],
    ['a button that no mouse has', { type: 'button', n: 1, code: 30, pressed: true }],
    ['a key that no keyboard has', { type: 'key', n: 1, code: 255, pressed: true }],
    ['a scroll without end', { type: 'wheel', n: 1, source: 'wheel', x: 1e30, y: 0, stepsX: 0, stepsY: 0 }],
    ['a text without end', { type: 'text', n: 1, text: 'x'.repeat(5000) }],
    ['a twentieth finger', { type: 'touch', n: 1, phase: 'down', id: 19, output: 1, x: 0, y: 0 }],
    ['a speed of nothing', { type: 'control', action: 'speed', speed: 0 }],
  ])('refuses %s', (_, message) => expect(() => parseMessage(JSON.stringify(message))).toThrow(BadMessage));

  it('refuses what is not JSON', () => expect(() => parseMessage('{')).toThrow('not JSON'));

  it('answers everything with a message or a BadMessage', () => {
    const types = fc.constantFrom(
      'ack',
      'watch',
      'motion',
      'button',
      'wheel',
      'key',
      'touch',
      'control',
      'text',
    );
    fc.assert(
      fc.property(fc.record({ type: types }), fc.object({ maxDepth: 1 }), (typed, rest) => {
        try {
          parseMessage(JSON.stringify({ ...rest, ...typed }));
        } catch (error) {
          expect(error).toBeInstanceOf(BadMessage);
        }
      }),
    );
  });
});
