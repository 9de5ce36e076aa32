import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

describe('programs that broke a rule', () => {
  it('a framebuffer is removed while the commit that is to show it waits for its fence', () => {
    const world = new World({ seed: 0, failures: false });
    expect(world.run('commit', 0, 0, 8, 0, 1024)).toBe('sleeps');
    expect(world.run('increment', 0, 3, 1)).toBe(1);
    expect(world.run('removeFramebuffer', 0, 0)).toBe('sleeps');
    world.end();
  });
});
