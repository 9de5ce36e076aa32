// Whether real descriptors arrive at the server.
import { defineInterface } from '../object/table.ts';

/**
 * Offered on connections over which the server can receive real descriptors (SCM_RIGHTS). The client's end of a Unix
 * socket cannot tell: it could send them to a server that has no way to take them. A client of the native wires that is not
 * offered this sends none; it makes its memory with fencepost_kernel_v1 and carries the pixels there.
 */
export const fencepost_descriptors_v1 = defineInterface({
  name: 'fencepost_descriptors_v1',
  version: 1,
  requests: { destroy: { type: 'destructor', args: [] } },
  events: {},
  enums: {},
});
