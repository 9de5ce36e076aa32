import { expect, it } from 'vitest';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { Samples } from './counters.ts';
import { formatNote, Trace } from './trace.ts';

it('keeps the last notes, oldest first, and tells listeners each', () => {
  const machine = new VirtualMachine({ start: 1_500_000_000n });
  const trace = new Trace(machine, 3);
  const heard: string[] = [];
  const listening = trace.listen(note => heard.push(note.text));
  for (const text of ['a', 'b', 'c', 'd']) trace.note('release', text);
  listening[Symbol.dispose]();
  trace.note('plane', 'overlay refused', { format: 'XR24', plane: 31 });
  expect(trace.notes().map(({ text }) => text)).toEqual(['c', 'd', 'overlay refused']);
  expect(trace.notes('release').length).toBe(2);
  expect(heard).toEqual(['a', 'b', 'c', 'd']);
  expect(formatNote(trace.notes().at(-1)!)).toBe('1.500000 plane overlay refused format=XR24 plane=31');
});

it('takes percentiles of the latest samples', () => {
  const samples = new Samples(4);
  expect(samples.percentile(0.5)).toBeNull();
  for (const value of [1000n, 1n, 2n, 3n, 4n]) samples.add(value);
  expect(samples.count).toBe(5);
  expect(samples.percentile(0.5)).toBe(3);
  expect(samples.percentile(0.99)).toBe(4);
});
