// fencepost-observation-v1: what a running compositor has and does, for tools. Offered only on connections with the
// observation capability.
import { array, defineInterface, fixed, int, string, uint } from '../object/table.ts';

export const fencepost_observation_v1 = defineInterface({
  name: 'fencepost_observation_v1',
  version: 2,
  requests: {
    destroy: { type: 'destructor', args: [] },
    // Answered with the devices, then each output's modes and planes, then `done`.
    describe: { args: [] },
    // Answered at once with `output_state`, `output_counts`, `plane_use` and `surface_place` of each output, then with
    // `window` and `held`, then with `snapshot_done`. When there is something newer to be asked for, `changed` comes, once:
    // whoever reads slowly asks rarely.
    snapshot: { since: 2, args: [] },
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
    // The part of the global space that an output shows (x, y, width, height: logical pixels), its mode (device pixels;
    // refresh in millihertz), and what its repaint state machine is doing: docs/repaint.md.
    output_state: {
      since: 2,
      args: [
        string('output'),
        int('x'),
        int('y'),
        uint('width'),
        uint('height'),
        uint('mode_width'),
        uint('mode_height'),
        uint('refresh'),
        fixed('scale'),
        uint('transform'),
        string('state'),
      ],
    },
    // Frames since the start, modulo 2^32, and missed vblanks by whose fault they were.
    output_counts: {
      since: 2,
      args: [
        string('output'),
        uint('frames'),
        uint('composited'),
        uint('scanned_out'),
        uint('late_client'),
        uint('late_render'),
        uint('late_commit'),
        uint('late_device'),
      ],
    },
    // What a plane shows, and where, in device pixels of the output. `label` names the surface, `buffer` its buffer;
    // `window` is the id of the window that the surface belongs to, 0 for none.
    plane_use: {
      since: 2,
      args: [
        string('output'),
        uint('plane'),
        uint('type', { enum: 'plane_type' }),
        uint('content', { enum: 'plane_content' }),
        string('label'),
        string('buffer'),
        uint('window'),
        int('x'),
        int('y'),
        uint('width'),
        uint('height'),
      ],
    },
    // A surface that an output shows, lowest first, the id of the plane that shows it (0: it is composed), and why.
    surface_place: {
      since: 2,
      args: [string('output'), string('label'), uint('window'), uint('plane'), string('reason')],
    },
    // A window that is mapped. `id` is never used again; `label` names its surface, and the client; the place is that of its geometry in the global space; `commits`
    // counts those of its surface, modulo 2^32. Long titles are cut.
    window: {
      since: 2,
      args: [
        uint('id'),
        string('title'),
        string('app_id'),
        string('label'),
        string('output'),
        int('x'),
        int('y'),
        uint('width'),
        uint('height'),
        uint('states', { enum: 'window_state' }),
        uint('commits'),
      ],
    },
    // A commit of a buffer that its client has not got back: how long ago it was made, in milliseconds, and who keeps it.
    held: {
      since: 2,
      args: [string('label'), string('buffer'), uint('age'), string('holders')],
    },
    // The time of the snapshot (CLOCK_MONOTONIC as the session has it), and how many windows, surfaces and commits were left
    // out because there are too many.
    snapshot_done: {
      since: 2,
      args: [uint('tv_sec_hi'), uint('tv_sec_lo'), uint('tv_nsec'), uint('omitted')],
    },
    // Something that the last snapshot said is different now. At most once for each snapshot, and not before a frame's time
    // has passed since.
    changed: { since: 2, args: [] },
  },
  enums: {
    // DRM_PLANE_TYPE_*
    plane_type: { overlay: 0, primary: 1, cursor: 2 },
    mode_flags: { current: 1, preferred: 2 },
    plane_content: { off: 0, composition: 1, surface: 2, cursor: 3 },
    // A bit field.
    window_state: {
      activated: 1,
      maximized: 2,
      fullscreen: 4,
      tiled: 8,
      floating: 16,
      suspended: 32,
      unresponsive: 64,
      minimized: 128,
    },
  },
  bitfields: ['mode_flags', 'window_state'],
});
