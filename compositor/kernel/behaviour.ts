/** The kernels that a `Kernel` can answer as. */
export type KernelVersion = '7.2' | '6.12';

/** Where the kernels differ: one property per behaviour. */
export interface Behaviour {
  readonly version: KernelVersion;
  /** A signalled fence no longer tells its driver and its timeline (`dma_fence_driver_name`). */
  readonly signalledFencesAreNameless: boolean;
  /** A dma-buf may be mapped with PROT_EXEC (`path_noexec` of its file system: no longer). */
  readonly dmaBufsMapForExecution: boolean;
  /** MADV_DOFORK is refused for mappings of devices only, rather than for all that are special (`madvise_vma_behavior`). */
  readonly specialMappingsInheritOnFork: boolean;
  /** Points of a timeline are imported from and exported as sync files (`DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_TIMELINE`). */
  readonly syncobjPointsAsSyncFiles: boolean;
  /** Destroying sync object 0, which there is not, makes 0 a handle to be given out (an xarray in place of an IDR). */
  readonly syncobjHandleZeroCanBeFreed: boolean;
  /** There is a client capability for colour pipelines of planes, which devices without them refuse by another errno. */
  readonly planeColorPipelineCap: boolean;
  /** Buffers of bochs lie in the memory of its card. */
  readonly bochsHasVideoMemory: boolean;
  /** A pixel of a dumb buffer takes whole bytes, unless it takes 1, 2 or 4 bits; before, all were packed (`drm_mode_size_dumb`). */
  readonly dumbPixelsAreWholeBytes: boolean;
}

const BEHAVIOURS: { readonly [version in KernelVersion]: Behaviour } = {
  '7.2': {
    version: '7.2',
    signalledFencesAreNameless: true,
    dmaBufsMapForExecution: false,
    specialMappingsInheritOnFork: false,
    syncobjPointsAsSyncFiles: true,
    syncobjHandleZeroCanBeFreed: true,
    planeColorPipelineCap: true,
    bochsHasVideoMemory: false,
    dumbPixelsAreWholeBytes: true,
  },
  '6.12': {
    version: '6.12',
    signalledFencesAreNameless: false,
    dmaBufsMapForExecution: true,
    specialMappingsInheritOnFork: true,
    syncobjPointsAsSyncFiles: false,
    syncobjHandleZeroCanBeFreed: false,
    planeColorPipelineCap: false,
    bochsHasVideoMemory: true,
    dumbPixelsAreWholeBytes: false,
  },
};

/** How the kernel of that version behaves. */
export const behaviourOf = (version: KernelVersion): Behaviour => BEHAVIOURS[version];
