/** The server's side of connections: clients, globals, capabilities and limits. */
export { type Capability, DEFAULT_CAPABILITIES, type Origin, WAYLAND_CAPABILITIES } from './capabilities.ts';
export type { Client } from './client.ts';
export { OwnedDescriptor } from './descriptors.ts';
export { type GlobalDefinition, Globals, type WireVersions } from './globals.ts';
export type { KernelPort } from './kernel-port.ts';
export { DEFAULT_LIMITS, type Limits, limitsFor } from './limits.ts';
export { Server, type ServerOptions } from './server.ts';
