import { describe, expect, it } from 'vitest';
import type { GemObject } from './gem.ts';
import { OffsetManager } from './offset-manager.ts';

const PAGE = 4096n;
const START = 0x1_0000_0000n;

/** What the manager looks at of an object. */
function objects(manager: OffsetManager) {
  return (pages: number): GemObject => {
    const object = { size: pages * 4096, references: 1, offset: 0n };
    object.offset = manager.add(object as unknown as GemObject);
    return object as unknown as GemObject;
  };
}

describe('the offsets of a device', () => {
  it('are given in a row, and found from their start alone', () => {
    const manager = new OffsetManager();
    const make = objects(manager);
    const [one, two] = [make(2), make(1)];
    expect([one.offset, two.offset]).toEqual([START, START + 2n * PAGE]);
    expect(manager.find(START, 2n * PAGE)).toBe(one);
    expect(manager.find(START, 3n * PAGE)).toBeNull();
    expect(manager.find(START + PAGE, PAGE)).toBeNull();
  });

  it('come from the smallest hole, and of equal ones from the newest', () => {
    const manager = new OffsetManager();
    const make = objects(manager);
    const [small, , large, , second] = [make(1), make(1), make(3), make(1), make(1), make(1)];
    for (const gone of [large!, small!, second!]) manager.remove(gone);
    expect(make(1).offset).toBe(second!.offset);
    expect(make(1).offset).toBe(small!.offset);
    expect(make(2).offset).toBe(large!.offset);
    expect(make(1).offset).toBe(large!.offset + 2n * PAGE);
  });

  it('are whole again when the neighbours are gone too', () => {
    const manager = new OffsetManager();
    const make = objects(manager);
    const [one, two, three, last] = [make(1), make(1), make(1), make(1)] as [
      GemObject,
      GemObject,
      GemObject,
      GemObject,
    ];
    for (const gone of [one, three, two]) manager.remove(gone);
    expect(make(3).offset).toBe(START);
    manager.remove(last);
    expect(make(5).offset).toBe(last.offset);
  });
});
