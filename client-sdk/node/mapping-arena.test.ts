import { describe, expect, it } from 'vitest';
import { openHostFiles } from '../../protocol/host/native-files.ts';
import { nodeHostMemory } from './host-memory.ts';
import { MappingArena } from './mapping-arena.ts';

/** Null where there are no native calls, and so nothing to map. */
const host = openHostFiles();

describe('an arena of mappings', () => {
  it('maps files, and shows zeroes where a mapping has gone', () => {
    if (!host?.canMap) return expect(nodeHostMemory()?.canMap ?? false).toBe(false);
    const page = host.pageBytes;
    const arena = new MappingArena(host, page);
    const fd = host.memfd('arena', 2 * page);
    host.pwrite(fd, Uint8Array.of(1, 2, 3), page);
    const mapped = arena.map(fd, page, 3)!;
    expect([...mapped.data]).toEqual([1, 2, 3]);
    mapped.data[0] = 9;
    const read = new Uint8Array(1);
    host.pread(fd, read, page);
    expect([...read]).toEqual([9]);
    const stale = mapped.data;
    mapped[Symbol.dispose]();
    mapped[Symbol.dispose]();
    expect([...stale]).toEqual([0, 0, 0]);
    host.close(fd);
  });

  it('uses room again, joined with its neighbours', () => {
    if (!host?.canMap) return expect(nodeHostMemory()?.canMap ?? false).toBe(false);
    const room = 300 << 20;
    const arena = new MappingArena(host, room);
    const fd = host.memfd('arena', room);
    const [one, other] = [arena.map(fd, 0, room / 2)!, arena.map(fd, 0, room / 2)!];
    expect(arena.map(fd, 0, room / 2)).toBeNull();
    one[Symbol.dispose]();
    expect(arena.map(fd, 0, room)).toBeNull();
    other[Symbol.dispose]();
    const whole = arena.map(fd, 0, room)!;
    expect(whole.data.length).toBe(room);
    whole[Symbol.dispose]();
    host.close(fd);
  });
});

describe('memory of this process', () => {
  it('refuses to map past the end of a file, where a touch would end the process', () => {
    const memory = nodeHostMemory();
    if (!memory) return expect(host?.canMap ?? false).toBe(false);
    const fd = memory.memfd('short', 4096);
    expect(() => memory.map(fd, 0, 8192)).toThrow('8192 bytes from 0 of a file of 4096');
    expect(() => memory.map(fd, 4096, 1)).toThrow(RangeError);
    memory.map(fd, 0, 4096)[Symbol.dispose]();
    memory.close(fd);
  });
});
