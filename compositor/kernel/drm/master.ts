import type { DrmFile } from './file.ts';
import { HandleTable } from './handle-table.ts';

/** A master: whoever may change what the device shows, and vouch for others (`drivers/gpu/drm/drm_auth.c`). */
export class DrmMaster {
  /** Files that asked for a magic number and were not authenticated yet. */
  readonly magics = new HandleTable<DrmFile>();
  /** The bus id, empty before SET_VERSION. */
  unique = '';
}
