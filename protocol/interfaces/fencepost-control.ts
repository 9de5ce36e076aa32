// fencepost-control-v1: the session's clock and its windows, for tests, debuggers and the viewer. Offered only on
// connections with the test-control capability.
import { defineInterface, int, string, uint } from '../object/table.ts';

export const fencepost_control_v1 = defineInterface({
  name: 'fencepost_control_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    // Time stands still: nothing becomes due. Requests are handled all the same.
    freeze: { args: [] },
    resume: { args: [] },
    // Freezes, if that was not done yet, and lets time pass until the next vblank of an output has been handled: of the one
    // named, of whichever comes first for null. Answered with `stepped`.
    step_vblank: { args: [string('output', { nullable: true })] },
    // Virtual seconds per second of the host, in thousandths: 100 to 10000.
    set_speed: { args: [uint('thousandths')] },
    // Windows go by the ids of fencepost_observation_v1. One that is gone meanwhile is no error: nothing happens.
    // Asks the client to close it, as the button in its frame would.
    close_window: { args: [uint('window')] },
    // Gives it the keyboard and raises it.
    activate_window: { args: [uint('window')] },
    set_maximized: { args: [uint('window')] },
    unset_maximized: { args: [uint('window')] },
    // A place of its own in the global space, for its geometry; a width or height of 0 is left as it is.
    move_window: { args: [uint('window'), int('x'), int('y'), uint('width'), uint('height')] },
  },
  events: {
    // After the bind and whenever it changes, whoever changed it. `speed` in thousandths; 1000 in real time.
    clock: { args: [uint('kind', { enum: 'clock_kind' }), uint('frozen'), uint('speed')] },
    // A step of this client is over: the vblank's output and time (CLOCK_MONOTONIC as the session has it).
    stepped: { args: [string('output'), uint('tv_sec_hi'), uint('tv_sec_lo'), uint('tv_nsec')] },
  },
  enums: {
    error: {
      // The session runs in real time, which nobody freezes.
      real_time: 0,
      invalid_speed: 1,
      // There has never been a window of that id.
      invalid_window: 2,
      invalid_place: 3,
      // There is no output of that name, or none at all.
      invalid_output: 4,
    },
    clock_kind: { real: 0, virtual: 1 },
  },
});
