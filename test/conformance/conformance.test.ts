import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { areas } from './areas/index.ts';
import { conform, explain } from './conformance.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe.each(['7.2', '6.12'] as const)('a kernel that behaves as Linux %s', kernel => {
  it.each(areas)('answers every call of $name as recorded', area => {
    expect(explain(conform(root, area, kernel))).toBe('');
  });
});
