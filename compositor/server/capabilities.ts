// What a connection may use, decided by the socket it came on.

export type Capability =
  /** Screen capture. */
  | 'capture'
  /** Histograms of the screen. */
  | 'histogram'
  /** Steering windows and time from a test. */
  | 'test-control'
  /** Traces, reasons and who holds what. */
  | 'observation'
  /** The clipboard of everybody, without the keyboard's focus. */
  | 'clipboard'
  /** Virtual devices that type and point. */
  | 'input'
  /** Kernel calls in a Task of its own, and with them dma-bufs and fences. */
  | 'kernel-calls';

/** What listeners of the native wires grant unless told otherwise. */
export const DEFAULT_CAPABILITIES: readonly Capability[] = [
  'capture',
  'histogram',
  'observation',
  'clipboard',
  'input',
  'kernel-calls',
];

/** What the Wayland socket grants: the programs of the user, without what only our own clients understand. */
export const WAYLAND_CAPABILITIES: readonly Capability[] = ['capture', 'clipboard', 'input'];

/** Where a connection came from. */
export interface Origin {
  /** For people and traces: `demo`, `unix pid 4711`. */
  readonly name: string;
  readonly capabilities: readonly Capability[];
}
