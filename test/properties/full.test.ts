import { describe, expect, it } from 'vitest';
import { startKernel } from '../../compositor/kernel/task/fixture.ts';
import { F_ADD_SEALS, F_SEAL_WRITE } from '../../protocol/uapi/fcntl.ts';
import { answerOf, World } from './world.ts';

/** Pages of a quarter of an address space; with the gaps between mappings three of them fit. */
const QUARTER = 2 ** 26;

describe('an address space that is full', () => {
  it('refuses a mapping and keeps nothing of it', () => {
    const world = new World();
    const memfd = 5;
    for (let count = 0; count < 3; count++) expect(world.run('map', 0, memfd, QUARTER)).toBe(undefined);
    const before = world.footprint();
    expect(world.run('map', 0, memfd, QUARTER)).toBe('ENOMEM');
    expect(world.footprint()).toEqual(before);
    world.end();
  });

  it('does not count what it refused as a mapping that could write', () => {
    const { task } = startKernel();
    const memfd = task.memfdCreate('sealed');
    const length = QUARTER * 4096;
    const mappings = [1, 2, 3].map(() => task.mmap(memfd, length));
    expect(answerOf(() => task.mmap(memfd, length))).toBe('ENOMEM');
    for (const address of mappings) task.munmap(address, length);
    expect(task.fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE)).toBe(0);
  });
});
