// What of the suite fails here, and why that is no rule of Wayland. The tests are run like all others, and counted as
// failed: this only says why. What fails without a reason here is a fault.

export interface SuiteDeviation {
  /** Names of tests, without the instance and the parameter. */
  readonly tests: readonly string[];
  /** Of those, only the parameters named so; all if left out. */
  readonly parameters?: readonly string[];
  readonly reason: string;
}

/** Left out of a run, because the protocol is not offered: the suite itself says which. */
export const NOT_OFFERED = [
  'wl_shell, which xdg-shell replaced',
  'zxdg_shell_v6, which xdg-shell replaced',
  'gtk_primary_selection, which primary-selection replaced',
  'zwp_input_method_v2: text comes from virtual keyboards and from the viewer',
] as const;

export const DEVIATIONS: readonly SuiteDeviation[] = [
  {
    tests: [
      'CopyCutPaste.given_source_has_offered_when_sink_gets_focus_it_sees_offer',
      'CopyCutPaste.given_sink_has_focus_when_source_makes_offer_sink_sees_offer',
      'PrimarySelection.sink_can_listen',
      'PrimarySelection.sink_can_request',
      'PrimarySelection.source_sees_request',
      'PrimarySelection.source_can_supply_request',
    ],
    reason:
      'The selection is set with serial 0, by a client that no input has reached. A selection follows from an input event of its client (`wl_data_device.set_selection`): who needs none could replace what others copied.',
  },
  {
    tests: [
      'XdgShellStableSubsurfaces/SubsurfaceTest.subsurface_extends_parent_input_region',
      'XdgShellStableSubsurfaces/SubsurfaceTest.subsurface_moves_under_input_device_once',
      'XdgShellStableSubsurfaces/SubsurfaceTest.subsurface_moves_under_input_device_twice',
    ],
    reason:
      'The window sets no geometry, and a subsurface reaches out of it to the left. Its geometry is then all that it shows, subsurfaces included, and the corner of that is what a compositor keeps in place (`xdg_surface.set_window_geometry`). The suite expects the corner of the main surface to stay.',
  },
  {
    tests: [
      'SurfaceInputRegions/SurfaceInputCombinations.input_seen_by_subsurface_after_parent_unmapped_and_remapped',
    ],
    parameters: ['8', '9', '10', '11'],
    reason: 'The same: these are the ones whose window sets no geometry.',
  },
  {
    tests: [
      'XdgShellStableSubsurfaces/SubsurfaceTest.place_below_simple',
      'XdgShellStableSubsurfaces/SubsurfaceTest.place_above_simple',
    ],
    reason:
      'Two subsurfaces cover the pointer, and the test wants neither of them to have it. Mir leaves these out, too.',
  },
  {
    tests: ['ClientSurfaceEventsTest.frame_timestamp_increases'],
    reason:
      'It waits for a second frame callback that it never asks for: there is one `wl_surface.frame` on the wire. Mir leaves it out, too.',
  },
  {
    tests: ['XdgSurfaceStableTest.gets_configure_event'],
    reason: 'It expects a configure without the first commit that asks for it; later versions commit.',
  },
  {
    tests: ['XdgSurfaceStableTest.attaching_buffer_to_unconfigured_xdg_surface_is_an_error'],
    reason:
      'The error comes with the commit of the buffer, which the test does not make. What is attached is pending until then; other compositors, and so the programs, have it that way.',
  },
  {
    tests: ['BadBufferTest.test_truncated_shm_file'],
    reason:
      'The file has been cut short before the pool is made of it. That is told there and then, as the error of the same code of `wl_shm`; the test wants it of the `wl_buffer`, which is how libwayland notices it later. (A file cut short later is told of the `wl_buffer`.)',
  },
  {
    tests: ['XdgToplevelStableTest.surface_can_be_resized_interactively'],
    reason:
      'The client never answers the sizes that it is told. A window that is resized by its upper left corner keeps its lower right one in place, and moves when the client has committed another size.',
  },
  {
    tests: ['PointerConstraints.confined_pointer_movement_is_constrained'],
    reason:
      'The test wants the confined pointer to stop a whole pixel inside the right and lower edge; ours goes as far as `wl_fixed` can tell.',
  },
  {
    tests: ['VirtualPointerV1Test.if_frame_is_not_sent_client_sees_no_events'],
    reason:
      'What a virtual pointer does is told at once, and clients act on it with `wl_pointer.frame`. The test wants nothing to be told before the virtual frame, which its protocol does not say.',
  },
  {
    tests: [
      'gets_minimized',
      'can_minimize_foreign',
      'can_unminimize_foreign',
      'can_unminimize_foreign_to_restored',
      'can_unminimize_foreign_to_maximized',
      'gets_activated_when_unminimized',
      'gets_unminimized_when_activated',
      'gets_unminimized_when_maximized',
      'gets_unminimized_when_fullscreened',
    ].map(test => `ForeignToplevelHandleTest.${test}`),
    reason:
      'Windows are never minimised, and `wm_capabilities` does not say so: nothing on the screen would bring them back. A compositor may ignore the wish.',
  },
];

/** Why a test fails; null: there is no reason. */
export const reasonOf = (name: string): string | null =>
  DEVIATIONS.find(deviation => concerns(deviation, name))?.reason ?? null;

const concerns = ({ tests, parameters }: SuiteDeviation, name: string): boolean =>
  tests.some(test =>
    parameters
      ? parameters.some(parameter => name === `${test}/${parameter}`)
      : name === test || name.startsWith(`${test}/`),
  );
