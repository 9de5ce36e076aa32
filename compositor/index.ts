/** The compositor as a library: the devices it runs on, the compositor, and what listeners hand to it. */
export { Compositor, type CompositorOptions, type CompositorStatistics } from './compositor.ts';
export { createDevices, type Devices, type DevicesOptions } from './devices.ts';
export type { OutputOptions } from './kernel/drivers/simkms/index.ts';
export { KernelServer, type KernelServerOptions } from './kernel-server.ts';
export type { ClockControl } from './machine/clock-control.ts';
export { type Machine, MILLISECOND, type Nanoseconds, SECOND, type Timer } from './machine/machine.ts';
export { PacedMachine, type PacedMachineOptions } from './machine/paced-machine.ts';
export { RealMachine } from './machine/real-machine.ts';
export { VirtualMachine } from './machine/virtual-machine.ts';
export { Counters, Samples } from './observe/counters.ts';
export { type Held, Holdings } from './observe/holdings.ts';
export { formatNote, Trace, type TraceKind, type TraceNote } from './observe/trace.ts';
export {
  type Capability,
  type Client,
  DEFAULT_CAPABILITIES,
  DEFAULT_LIMITS,
  type Limits,
  type Origin,
  Server,
} from './server/index.ts';
