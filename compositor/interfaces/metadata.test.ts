import { beforeEach, describe, expect, it } from 'vitest';
import { hdr_metadata_infoframe, hdr_output_metadata } from '../../protocol/uapi/drm-mode.ts';
import {
  F_ADD_SEALS,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
} from '../../protocol/uapi/fcntl.ts';
import { Kernel } from '../kernel/kernel.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { COPY_LIMIT } from './metadata-table.ts';
import { type TestClient, TestServer } from './testing.ts';

const RECORD = hdr_output_metadata.size;
const MAX_CLL = hdr_output_metadata.offsets.hdmi_metadata_type1 + hdr_metadata_infoframe.offsets.max_cll;
const FINAL = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
const FUTURE = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE;

let test: TestServer;
let client: TestClient;

beforeEach(() => {
  const machine = new VirtualMachine();
  const kernel = new Kernel({ machine, memoryBytes: 64 << 20 });
  test = new TestServer({ machine, kernel });
  client = test.connect();
});

function record(max_cll: number): Uint8Array {
  const bytes = new Uint8Array(RECORD);
  new DataView(bytes.buffer).setUint16(MAX_CLL, max_cll, true);
  return bytes;
}

/** What the only window's content is said to have for its brightest pixel; null without metadata. */
function shown(): number | null {
  const bytes = test.scene.stack[0]!.surface.state.hdrMetadata;
  return bytes && new DataView(bytes.buffer, bytes.byteOffset).getUint16(MAX_CLL, true);
}

/** A memfd of `size` bytes in which record n has n as its brightest pixel. */
function filled(size: number, records: number): number {
  const { task } = client.client;
  const { fd } = client.memory(size);
  for (let at = 0; at < records; at++) task.pwrite(fd, record(at), BigInt(at * RECORD));
  return fd;
}

function sealed(size: number, records: number, seals = FINAL): number {
  const fd = filled(size, records);
  client.client.task.fcntl(fd, F_ADD_SEALS, seals);
  return fd;
}

function metadataWindow() {
  const window = client.mapped();
  const manager = client.bind('fencepost_metadata_manager_v1');
  const metadata = manager.get_surface_metadata(window.surface);
  const table = (fd: number, size: number) => manager.create_table({ kind: 'task', fd }, size);
  const commit = () => {
    window.surface.commit();
    client.settle();
    expect(client.error).toBeNull();
    return shown();
  };
  return { ...window, manager, metadata, table, commit };
}

describe('metadata by value', () => {
  it('takes effect with the commit, stays, and goes', () => {
    const { metadata, commit } = metadataWindow();
    metadata.set_hdr(record(100));
    client.settle();
    expect(shown()).toBeNull();
    expect(commit()).toBe(100);
    expect(commit()).toBe(100);
    metadata.unset_hdr();
    expect(commit()).toBeNull();
    metadata.set_hdr(record(200));
    expect(commit()).toBe(200);
    metadata.destroy();
    expect(commit()).toBeNull();
  });

  it('is a copy: what a client does to its array after the request is not seen', () => {
    const { metadata, commit } = metadataWindow();
    const mine = record(100);
    metadata.set_hdr(mine);
    client.settle();
    mine.fill(0xff);
    expect(commit()).toBe(100);
    mine.fill(0xee);
    expect(shown()).toBe(100);
  });

  it('of a synchronised subsurface waits for the parent', () => {
    const { surface: parent } = client.mapped();
    const child = client.surface();
    client.bind('wl_subcompositor').get_subsurface(child, parent);
    const metadata = client.bind('fencepost_metadata_manager_v1').get_surface_metadata(child);
    child.attach(client.buffer(), 0, 0);
    metadata.set_hdr(record(7));
    child.commit();
    child.commit();
    client.settle();
    expect(test.scene.stack).toHaveLength(1);
    parent.commit();
    client.settle();
    expect(test.scene.stack[1]!.surface.state.hdrMetadata).toEqual(record(7));
  });
});

describe.each([
  ['copied', 2 * RECORD],
  ['mapped', COPY_LIMIT + RECORD],
])('a table that is %s', (way, size) => {
  it('is read record by record, also when its memfd is closed and the table destroyed', () => {
    const { metadata, table, commit } = metadataWindow();
    const fd = sealed(size, 2);
    const used = test.task.files.size;
    const made = table(fd, size);
    client.settle();
    expect(test.task.files.size - used).toBe(way === 'mapped' ? 1 : 0);
    client.client.task.close(fd);
    metadata.set_hdr_from_table(made, RECORD);
    made.destroy();
    expect(commit()).toBe(1);
    expect(test.task.files.size).toBe(used);
  });

  it('cannot be changed between its check and its use: EPERM', () => {
    const { metadata, table, commit } = metadataWindow();
    const fd = sealed(size, 2);
    const { task } = client.client;
    metadata.set_hdr_from_table(table(fd, size), RECORD);
    client.settle();
    expect(() => task.pwrite(fd, record(9999), BigInt(RECORD))).toThrow('EPERM');
    expect(() => task.mmap(fd, size)).toThrow('EPERM');
    expect(() => task.truncate(fd, 0n)).toThrow('EPERM');
    expect(commit()).toBe(1);
  });

  it('that an older mapping can still write is copied: what is written then is not seen', () => {
    const { metadata, table, commit } = metadataWindow();
    const fd = filled(size, 2);
    const { task } = client.client;
    const mapping = task.mmap(fd, size);
    task.fcntl(fd, F_ADD_SEALS, FUTURE);
    const made = table(fd, size);
    client.settle();
    const attack = () => task.memory.copyToUser(mapping + BigInt(RECORD), record(9999));
    attack();
    const now = new Uint8Array(RECORD);
    task.pread(fd, now, BigInt(RECORD));
    expect(now).toEqual(record(9999));
    metadata.set_hdr_from_table(made, RECORD);
    expect(commit()).toBe(1);
    attack();
    expect(shown()).toBe(1);
    metadata.set_hdr_from_table(made, 0);
    expect(commit()).toBe(0);
  });
});

describe('a table is refused', () => {
  const refusals = (fd: number, size: number): string => {
    metadataWindow().table(fd, size);
    client.settle();
    return client.error!.message;
  };

  it.each([
    [0, /lacks F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE or F_SEAL_FUTURE_WRITE/],
    [F_SEAL_SHRINK | F_SEAL_GROW, /lacks F_SEAL_WRITE or F_SEAL_FUTURE_WRITE/],
    [F_SEAL_GROW | F_SEAL_WRITE, /lacks F_SEAL_SHRINK:/],
    [F_SEAL_SHRINK | F_SEAL_WRITE, /lacks F_SEAL_GROW:/],
  ])('with the seals %i, by the names of those it lacks', (seals, words) => {
    expect(refusals(sealed(64, 2, seals), 64)).toMatch(words);
    expect(client.error!.code).toBe(2);
  });

  it('that is larger than its memfd, of no size or of too large a one', () => {
    expect(refusals(sealed(64, 2), 65)).toMatch(/its memfd has 64/);
    for (const size of [0, 31, 0xffff_ffff]) {
      client = test.connect();
      expect(refusals(sealed(64, 2), size)).toMatch(/a table has 32 to/);
    }
  });

  it('that is no memfd', () => {
    expect(refusals(client.client.task.eventfd(), 64)).toMatch(/no memfd/);
    expect(client.error!.code).toBe(1);
  });

  it('when a client has its memory copied too often', () => {
    const { table } = metadataWindow();
    const size = 1 << 20;
    const fd = sealed(size, 1, FUTURE);
    const made = [1, 2, 3, 4].map(() => table(fd, size));
    client.settle();
    expect(client.error).toBeNull();
    made[0]!.destroy();
    table(fd, size);
    client.settle();
    expect(client.error).toBeNull();
    table(fd, size);
    client.settle();
    expect(client.error!.code).toBe(4);
  });
});

describe('a request is refused', () => {
  it('for a record that the table does not have', () => {
    const { metadata, table } = metadataWindow();
    metadata.set_hdr_from_table(table(sealed(64, 2), 64), 33);
    client.settle();
    expect(client.error!.message).toMatch(/at 33 reaches beyond the table of 64 bytes/);
  });

  it('for metadata of another size', () => {
    metadataWindow().metadata.set_hdr(new Uint8Array(31));
    client.settle();
    expect(client.error!.message).toMatch(/has 32 bytes, not 31/);
  });

  it('for a second object of a surface, and on a surface that is gone', () => {
    const { manager, surface } = metadataWindow();
    manager.get_surface_metadata(surface);
    client.settle();
    expect(client.error!.message).toMatch(/has a fencepost_surface_metadata_v1 already/);
    client = test.connect();
    const plain = client.surface();
    const metadata = client.bind('fencepost_metadata_manager_v1').get_surface_metadata(plain);
    plain.destroy();
    metadata.set_hdr(record(1));
    client.settle();
    expect(client.error!.message).toMatch(/wl_surface was destroyed/);
  });
});

it('a client that dies takes its tables along', () => {
  const { table } = metadataWindow();
  const used = test.task.files.size;
  table(sealed(COPY_LIMIT * 2, 1), COPY_LIMIT * 2);
  client.settle();
  expect(test.task.files.size).toBe(used + 1);
  client.client.disconnect('over');
  client.settle();
  expect(test.task.files.size).toBeLessThanOrEqual(used);
});
