// fencepost-metadata-v1: HDR metadata of a surface, frame by frame.
//
// Metadata is double-buffered state of a surface: it takes effect with wl_surface.commit, together with the buffer of that
// commit, and stays until it is set to something else. While the surface has an output to itself, the display's
// connector gets it in the same atomic commit as the buffer.
//
// A record is 32 bytes, the kernel's `hdr_output_metadata`. A few bytes travel best by value, as a plain copy inside of the
// request. Who has records for a whole film puts them into a memfd, hands it over once, and names an offset for each frame.
import { array, defineInterface, fd, newId, object, uint } from '../object/table.ts';

export const fencepost_metadata_manager_v1 = defineInterface({
  name: 'fencepost_metadata_manager_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    get_surface_metadata: {
      args: [newId('id', 'fencepost_surface_metadata_v1'), object('surface', 'wl_surface')],
    },
    // The memfd is sealed with F_SEAL_SHRINK, F_SEAL_GROW, and F_SEAL_WRITE or F_SEAL_FUTURE_WRITE: nobody who is given it
    // may write it. With F_SEAL_WRITE it can be used where it is; with F_SEAL_FUTURE_WRITE whoever had it mapped before may
    // write still, so it is copied in this request, and what is written later is not seen.
    create_table: { args: [newId('id', 'fencepost_metadata_table_v1'), fd('fd'), uint('size')] },
  },
  events: {},
  enums: { error: { metadata_exists: 0, invalid_fd: 1, unsealed: 2, invalid_size: 3, no_memory: 4 } },
});

export const fencepost_metadata_table_v1 = defineInterface({
  name: 'fencepost_metadata_table_v1',
  version: 1,
  requests: { destroy: { type: 'destructor', args: [] } },
  events: {},
  enums: {},
});

export const fencepost_surface_metadata_v1 = defineInterface({
  name: 'fencepost_surface_metadata_v1',
  version: 1,
  requests: {
    // The surface has no metadata from its next commit on.
    destroy: { type: 'destructor', args: [] },
    set_hdr: { args: [array('metadata')] },
    // `offset` in bytes from the start of the table, which may be destroyed afterwards.
    set_hdr_from_table: { args: [object('table', 'fencepost_metadata_table_v1'), uint('offset')] },
    unset_hdr: { args: [] },
  },
  events: {},
  enums: { error: { no_surface: 0, invalid_size: 1, out_of_table: 2 } },
});
