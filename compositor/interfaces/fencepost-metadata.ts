// fencepost_metadata_manager_v1: HDR metadata that goes with a commit.
import type { Handle } from '../../protocol/object/message.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import { hdr_output_metadata } from '../../protocol/uapi/drm-mode.ts';
import { KernelError } from '../kernel/task/index.ts';
import type { Caller } from './context.ts';
import { demand, refusal } from './errors.ts';
import { copyTable, hasToCopy, type MetadataTable, mapTable, missingSeals } from './metadata-table.ts';
import { sizeOf } from './wl-shm.ts';
import type { SurfaceObject } from './wl-surface.ts';

const LARGEST_TABLE = 16 << 20;
/** What the copies of one client's tables may take together. */
const COPIES_OF_CLIENT = 4 << 20;
/** Tables that one client may have at a time. */
const MOST_TABLES = 256;

type Manager = Resource<'fencepost_metadata_manager_v1'>;

export function bindMetadata(caller: Caller, resource: Manager): void {
  const { context } = caller;
  resource.setHandlers({
    destroy: () => {},
    get_surface_metadata: (_, id, surface) => {
      const object = context.surfaces.get(surface);
      const words = `wl_surface@${surface.id} has a fencepost_surface_metadata_v1 already`;
      demand(object.metadata === null, resource, 'metadata_exists', words);
      serveSurfaceMetadata(caller, id, object);
    },
    create_table: (_, id, handle, size) => createTable(caller, resource, id, handle, size),
  });
}

function serveSurfaceMetadata(
  { context }: Caller,
  resource: Resource<'fencepost_surface_metadata_v1'>,
  object: SurfaceObject,
): void {
  const { surface } = object;
  const { size: length } = hdr_output_metadata;
  object.metadata = resource;
  resource.onDestroy(() => {
    object.metadata = null;
    surface.pending.hdrMetadata = null;
  });
  const set = (metadata: Uint8Array | null): void => {
    demand(!surface.destroyed, resource, 'no_surface', 'the wl_surface was destroyed');
    surface.pending.hdrMetadata = metadata;
  };
  resource.setHandlers({
    destroy: () => {},
    set_hdr: (_, metadata) => {
      const words = `hdr_output_metadata has ${length} bytes, not ${metadata.length}`;
      demand(metadata.length === length, resource, 'invalid_size', words);
      // A copy: in the same process the array may still be the client's.
      set(metadata.slice());
    },
    set_hdr_from_table: (_, table, offset) => {
      const { size, record } = context.metadataTables.get(table);
      const words = `a record of ${length} bytes at ${offset} reaches beyond the table of ${size} bytes`;
      demand(offset + length <= size, resource, 'out_of_table', words);
      set(record(offset, length));
    },
    unset_hdr: () => set(null),
  });
}

function createTable(
  caller: Caller,
  resource: Manager,
  id: Resource<'fencepost_metadata_table_v1'>,
  handle: Handle,
  size: number,
): void {
  const { client, context } = caller;
  checkMemory(caller, resource, handle, size);
  const { task } = context.rooms;
  const copies = hasToCopy(task, handle.fd, size);
  const usage = context.tableUsage.get(client) ?? { tables: 0, copied: 0 };
  context.tableUsage.set(client, usage);
  demand(
    usage.tables < MOST_TABLES && usage.copied + (copies ? size : 0) <= COPIES_OF_CLIENT,
    resource,
    'no_memory',
    `a client has at most ${MOST_TABLES} tables, and ${COPIES_OF_CLIENT} bytes of them copied; seal them with F_SEAL_WRITE, or destroy some`,
  );
  const table = makeTable(caller, resource, handle, { size, copies });
  usage.tables++;
  usage.copied += table.copied;
  context.metadataTables.set(id, table);
  id.onDestroy(() => {
    usage.tables--;
    usage.copied -= table.copied;
    table[Symbol.dispose]();
  });
  id.setHandlers({ destroy: () => {} });
}

function makeTable(
  { client, context }: Caller,
  resource: Manager,
  handle: Handle,
  { size, copies }: { size: number; copies: boolean },
): MetadataTable {
  try {
    return (copies ? copyTable : mapTable)(context.rooms.task, client.claim(handle), size);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    throw refusal(resource, 'invalid_fd', `the table can't be read: ${error.message}`);
  }
}

/** What can be wrong with the memfd of a table. */
function checkMemory({ context }: Caller, resource: Manager, { fd }: Handle, size: number): void {
  const { task } = context.rooms;
  const sizes = `a table has ${hdr_output_metadata.size} to ${LARGEST_TABLE} bytes, not ${size}`;
  demand(size >= hdr_output_metadata.size && size <= LARGEST_TABLE, resource, 'invalid_size', sizes);
  let missing: string[];
  try {
    missing = missingSeals(task, fd);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    throw refusal(resource, 'invalid_fd', `the descriptor is no memfd: ${error.message}`);
  }
  demand(
    missing.length === 0,
    resource,
    'unsealed',
    `the memfd lacks ${missing.join(', ')}: it could change while it is read; add the seals before it is sent`,
  );
  const there = sizeOf(task, fd) ?? 0n;
  demand(
    there >= BigInt(size),
    resource,
    'invalid_size',
    `the table is to have ${size} bytes, its memfd has ${there}`,
  );
}
