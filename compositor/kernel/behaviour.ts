/** The kernels that a `Kernel` can answer as. */
export type KernelVersion = '7.2' | '6.12';

/** Where the kernels differ: one property per behaviour. */
export interface Behaviour {
  readonly version: KernelVersion;
  /** A signalled fence no longer tells its driver and its timeline (`dma_fence_driver_name`). */
  readonly signalledFencesAreNameless: boolean;
}

const BEHAVIOURS: { readonly [version in KernelVersion]: Behaviour } = {
  '7.2': {
    version: '7.2',
    signalledFencesAreNameless: true,
  },
  '6.12': {
    version: '6.12',
    signalledFencesAreNameless: false,
  },
};

/** How the kernel of that version behaves. */
export const behaviourOf = (version: KernelVersion): Behaviour => BEHAVIOURS[version];
