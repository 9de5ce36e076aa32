import { expect, it } from 'vitest';
import { DEFAULT_LIMITS, limitsFor } from '../server/index.ts';
import { descriptorLimit } from './descriptor-limit.ts';

const limits = (soft: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units
Max processes             127438               127438               processes
Max open files            ${soft.padEnd(20)} 4096                 files
Max locked memory         8388608              8388608              bytes
`;

it('is the soft limit of this process, and a cautious guess where that cannot be known', () => {
  expect(descriptorLimit(limits('1024'))).toBe(1024);
  expect(descriptorLimit(limits('unlimited'))).toBeGreaterThan(1e6);
  expect(descriptorLimit('')).toBe(1024);
  expect(descriptorLimit()).toBeGreaterThan(0);
});

it('leaves most of a small table to the others, and a large one has the limits as they are', () => {
  const small = limitsFor(1024);
  expect(small).toEqual({ descriptors: 128, pauseAtHandles: 64 });
  const { descriptors, pauseAtHandles } = DEFAULT_LIMITS;
  expect(limitsFor(1 << 20)).toEqual({ descriptors, pauseAtHandles });
});
