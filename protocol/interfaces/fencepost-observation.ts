// fencepost-observation-v1: what a running compositor has and does, for tools. Offered only on connections with the
// observation capability.
import { array, defineInterface, string, uint } from '../object/table.ts';

export const fencepost_observation_v1 = defineInterface({
  name: 'fencepost_observation_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    // Answered with the devices, then each output's modes and planes, then `done`.
    describe: { args: [] },
  },
  events: {
    // A device node of the simulated kernel. `access` is everybody, seat or root.
    device: { args: [string('path'), string('access')] },
    // A mode of an output's connector; `refresh` in millihertz.
    mode: {
      args: [
        string('output'),
        uint('width'),
        uint('height'),
        uint('refresh'),
        uint('flags', { enum: 'mode_flags' }),
      ],
    },
    // A plane that an output can use. `formats` are DRM fourcc codes, u32 each; `showing` says what is on it in words,
    // and is empty when it is off.
    plane: {
      args: [
        string('output'),
        uint('id'),
        uint('type', { enum: 'plane_type' }),
        array('formats'),
        string('showing'),
      ],
    },
    done: { args: [] },
  },
  enums: {
    // DRM_PLANE_TYPE_*
    plane_type: { overlay: 0, primary: 1, cursor: 2 },
    mode_flags: { current: 1, preferred: 2 },
  },
});
