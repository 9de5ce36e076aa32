/**
 * The subtests of the kernel's graphics test suite (IGT, https://gitlab.freedesktop.org/drm/igt-gpu-tools, July 2026) that
 * are about fences, sync objects, buffers and files rather than about one vendor's hardware. A list of names only.
 */
export interface Listing {
  readonly binary: string;
  /** What holds for this kernel as it stands. */
  readonly asIs?: readonly string[];
  /** What holds when another device or another way takes the place of what the subtest uses. */
  readonly adapted?: readonly string[];
  /** What is about hardware, modules or files that are not modelled. */
  readonly skipped?: readonly string[];
  /** Those without a test, each with the reason. */
  readonly left?: { readonly [name: string]: string };
}

/** The name of the only test of a binary that has no subtests. */
export const SINGLE = '';

/** As the suite's own lists write it. */
export const fullName = (binary: string, subtest: string): string =>
  subtest === SINGLE ? binary : `${binary}@${subtest}`;

const GTT = "It is about mappings through the aperture of one vendor's GPU.";
const BLITTER = "It is about the blitter of one vendor's GPU, and its caches.";

const names = (text: string): string[] => text.trim().split(/\s+/);

export const catalogue: readonly Listing[] = [
  {
    binary: 'sw_sync',
    asIs: names(`
      alloc_timeline alloc_fence alloc_fence_invalid_timeline alloc_merge_fence sync_busy
      sync_busy_fork_unixsocket sync_expired_merge sync_merge sync_merge_invalid sync_merge_same
      sync_multi_consumer sync_multi_consumer_producer sync_multi_producer_single_consumer
      sync_multi_timeline_wait sync_random_merge timeline_closed timeline_closed_signaled
    `),
    adapted: names('sync_busy_fork'),
  },
  {
    binary: 'dmabuf_sync_file',
    asIs: names(`
      export-basic export-before-signal export-multiwait export-wait-after-attach import-basic
      import-multiple-read-only import-multiple-read-write
    `),
  },
  {
    binary: 'syncobj_basic',
    asIs: names(`
      bad-create-flags bad-destroy bad-destroy-pad bad-fd-to-handle bad-flags-fd-to-handle
      bad-flags-handle-to-fd bad-handle-to-fd bad-pad-fd-to-handle bad-pad-handle-to-fd create-signaled
      illegal-fd-to-handle test-valid-cycle
    `),
  },
  {
    binary: 'syncobj_wait',
    asIs: names(`
      single-wait-signaled single-wait-for-submit-signaled single-wait-all-signaled
      single-wait-all-for-submit-signaled single-wait-submitted single-wait-for-submit-unsubmitted
      single-wait-for-submit-submitted single-wait-all-submitted single-wait-all-for-submit-unsubmitted
      single-wait-all-for-submit-submitted invalid-single-wait-unsubmitted
      invalid-single-wait-all-unsubmitted multi-wait-signaled multi-wait-submitted-signaled
      multi-wait-for-submit-signaled multi-wait-for-submit-unsubmitted-signaled
      multi-wait-for-submit-submitted-signaled multi-wait-for-submit-unsubmitted-submitted-signaled
      multi-wait-all-signaled multi-wait-all-for-submit-signaled multi-wait-submitted
      multi-wait-for-submit-unsubmitted multi-wait-for-submit-submitted
      multi-wait-for-submit-unsubmitted-submitted multi-wait-all-submitted
      multi-wait-all-submitted-signaled multi-wait-all-for-submit-unsubmitted
      multi-wait-all-for-submit-submitted multi-wait-all-for-submit-unsubmitted-submitted
      multi-wait-all-for-submit-unsubmitted-signaled multi-wait-all-for-submit-submitted-signaled
      invalid-multi-wait-unsubmitted invalid-multi-wait-unsubmitted-submitted
      invalid-multi-wait-unsubmitted-signaled invalid-multi-wait-unsubmitted-submitted-signaled
      invalid-multi-wait-all-unsubmitted invalid-multi-wait-all-unsubmitted-submitted
      invalid-multi-wait-all-unsubmitted-signaled invalid-multi-wait-all-unsubmitted-submitted-signaled
      invalid-wait-bad-flags wait-zero-handles invalid-wait-illegal-handle invalid-reset-zero-handles
      invalid-reset-illegal-handle invalid-reset-one-illegal-handle invalid-reset-bad-pad
      invalid-signal-zero-handles invalid-signal-illegal-handle invalid-signal-one-illegal-handle
      invalid-signal-bad-pad wait-delayed-signal wait-all-delayed-signal wait-for-submit-delayed-submit
      wait-all-for-submit-delayed-submit reset-unsignaled reset-signaled reset-multiple-signaled
      reset-during-wait-for-submit signal wait-any-snapshot wait-all-snapshot wait-for-submit-snapshot
      wait-all-for-submit-snapshot wait-any-complex wait-all-complex wait-for-submit-complex
      wait-all-for-submit-complex
    `),
    adapted: names('wait-any-interrupted wait-all-interrupted'),
  },
  {
    binary: 'syncobj_timeline',
    asIs: names(`
      single-wait-signaled single-wait-available-submitted single-wait-available-signaled
      single-wait-for-submit-signaled single-wait-for-submit-available-submitted
      single-wait-for-submit-available-signaled single-wait-all-signaled
      single-wait-all-available-submitted single-wait-all-available-signaled
      single-wait-all-for-submit-signaled single-wait-all-for-submit-available-submitted
      single-wait-all-for-submit-available-signaled etime-single-wait-submitted
      etime-single-wait-available-unsubmitted etime-single-wait-for-submit-unsubmitted
      etime-single-wait-for-submit-submitted etime-single-wait-for-submit-available-unsubmitted
      etime-single-wait-all-submitted etime-single-wait-all-available-unsubmitted
      etime-single-wait-all-for-submit-unsubmitted etime-single-wait-all-for-submit-submitted
      etime-single-wait-all-for-submit-available-unsubmitted invalid-single-wait-unsubmitted
      invalid-single-wait-all-unsubmitted multi-wait-signaled multi-wait-submitted-signaled
      multi-wait-available-submitted multi-wait-available-signaled
      multi-wait-available-unsubmitted-submitted multi-wait-available-unsubmitted-signaled
      multi-wait-available-submitted-signaled multi-wait-available-unsubmitted-submitted-signaled
      multi-wait-for-submit-signaled multi-wait-for-submit-unsubmitted-signaled
      multi-wait-for-submit-submitted-signaled multi-wait-for-submit-unsubmitted-submitted-signaled
      multi-wait-for-submit-available-submitted multi-wait-for-submit-available-signaled
      multi-wait-for-submit-available-unsubmitted-submitted
      multi-wait-for-submit-available-unsubmitted-signaled
      multi-wait-for-submit-available-submitted-signaled
      multi-wait-for-submit-available-unsubmitted-submitted-signaled multi-wait-all-signaled
      multi-wait-all-available-submitted multi-wait-all-available-signaled
      multi-wait-all-available-submitted-signaled multi-wait-all-for-submit-signaled
      multi-wait-all-for-submit-available-submitted multi-wait-all-for-submit-available-signaled
      multi-wait-all-for-submit-available-submitted-signaled etime-multi-wait-submitted
      etime-multi-wait-available-unsubmitted etime-multi-wait-for-submit-unsubmitted
      etime-multi-wait-for-submit-submitted etime-multi-wait-for-submit-unsubmitted-submitted
      etime-multi-wait-for-submit-available-unsubmitted etime-multi-wait-all-submitted
      etime-multi-wait-all-submitted-signaled etime-multi-wait-all-available-unsubmitted
      etime-multi-wait-all-available-unsubmitted-submitted
      etime-multi-wait-all-available-unsubmitted-signaled
      etime-multi-wait-all-available-unsubmitted-submitted-signaled
      etime-multi-wait-all-for-submit-unsubmitted etime-multi-wait-all-for-submit-submitted
      etime-multi-wait-all-for-submit-unsubmitted-submitted
      etime-multi-wait-all-for-submit-unsubmitted-signaled
      etime-multi-wait-all-for-submit-submitted-signaled
      etime-multi-wait-all-for-submit-unsubmitted-submitted-signaled
      etime-multi-wait-all-for-submit-available-unsubmitted
      etime-multi-wait-all-for-submit-available-unsubmitted-submitted
      etime-multi-wait-all-for-submit-available-unsubmitted-signaled invalid-multi-wait-unsubmitted
      invalid-multi-wait-unsubmitted-submitted invalid-multi-wait-unsubmitted-signaled
      invalid-multi-wait-unsubmitted-submitted-signaled invalid-multi-wait-all-unsubmitted
      invalid-multi-wait-all-unsubmitted-submitted invalid-multi-wait-all-unsubmitted-signaled
      invalid-multi-wait-all-unsubmitted-submitted-signaled invalid-wait-bad-flags wait-zero-handles
      invalid-wait-illegal-handle invalid-query-zero-handles invalid-query-illegal-handle
      invalid-query-one-illegal-handle invalid-query-bad-pad invalid-signal-zero-handles
      invalid-signal-illegal-handle invalid-signal-illegal-point invalid-signal-one-illegal-handle
      invalid-signal-bad-pad signal-array invalid-transfer-illegal-handle invalid-transfer-bad-pad
      invalid-transfer-non-existent-point transfer-timeline-point wait-delayed-signal
      wait-all-delayed-signal wait-for-submit-delayed-submit wait-all-for-submit-delayed-submit
      reset-unsignaled reset-signaled reset-multiple-signaled reset-during-wait-for-submit signal
      signal-point-0 wait-any-snapshot wait-all-snapshot wait-for-submit-snapshot
      wait-all-for-submit-snapshot wait-any-complex wait-all-complex wait-for-submit-complex
      wait-all-for-submit-complex host-signal-points device-signal-unordered device-submit-unordered
      host-signal-ordered 32bits-limit
    `),
    adapted: names('wait-any-interrupted wait-all-interrupted'),
  },
  {
    binary: 'syncobj_eventfd',
    asIs: names(`
      invalid-bad-flags invalid-illegal-handle invalid-illegal-eventfd invalid-bad-pad binary-wait
      timeline-wait binary-wait-before-signal timeline-wait-before-signal binary-wait-signaled
      timeline-wait-signaled
    `),
  },
  {
    binary: 'vgem_basic',
    asIs: names(`
      second-client create mmap bad-flag bad-pad bad-handle bad-fence busy-fence dmabuf-export dmabuf-mmap
      dmabuf-fence dmabuf-fence-before
    `),
    adapted: names('debugfs'),
    skipped: names('unload setversion sysfs'),
    left: {
      debugfs: 'The only files of debugfs here are those of sw_sync.',
      unload: 'There are no modules.',
      sysfs: 'There is no sysfs.',
    },
  },
  {
    binary: 'vgem_slow',
    asIs: names('nohang'),
  },
  {
    binary: 'prime_vgem',
    asIs: names('basic-fence-flip busy wait sync'),
    adapted: names(`
      basic-read basic-write basic-fence-read basic-fence-blt fence-wait fence-read-hang fence-write-hang
      fence-flip-hang
    `),
    skipped: names('basic-gtt basic-blt basic-fence-mmap coherency-gtt coherency-blt shrink'),
    left: {
      'basic-gtt': GTT,
      'basic-fence-mmap': GTT,
      'coherency-gtt': GTT,
      'basic-blt': BLITTER,
      'coherency-blt': BLITTER,
      shrink: 'Memory is not taken back from buffers when it becomes scarce.',
    },
  },
  {
    binary: 'dmabuf',
    adapted: names('all-tests@sanitycheck all-tests@dma_fence'),
    skipped: names('all-tests'),
    left: { 'all-tests': 'There are no modules; it loads the one that has the other two.' },
  },
  {
    binary: 'dumb_buffer',
    asIs: names('create-valid-dumb invalid-bpp create-clear map-valid map-uaf map-invalid-size'),
  },
  {
    binary: 'drm_read',
    asIs: names('invalid-buffer empty-nonblock short-buffer-block short-buffer-nonblock'),
    adapted: names('fault-buffer empty-block short-buffer-wakeup'),
  },
  {
    binary: 'core_auth',
    adapted: names('getclient-simple getclient-master-drop basic-auth many-magics'),
  },
  {
    binary: 'core_setmaster',
    adapted: names('master-drop-set-root master-drop-set-user master-drop-set-shared-fd'),
  },
  {
    binary: 'core_hotunplug',
    adapted: names(`
      hotrebind hotrebind-lateclose hotreplug hotreplug-lateclose hotunbind-rebind hotunplug-rescan
      unbind-rebind unplug-rescan
    `),
  },
  { binary: 'core_setmaster_vs_auth', adapted: [SINGLE] },
  { binary: 'core_getclient', adapted: [SINGLE] },
  { binary: 'core_getversion', adapted: names('basic all-cards') },
  { binary: 'core_getstats', adapted: [SINGLE] },
];
