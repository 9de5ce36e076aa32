// What the SDK exports wherever it runs.
export { ProtocolError } from '../../protocol/object/error.ts';
export type { ObjectProxy } from '../../protocol/object/proxy.ts';
export * from './client.ts';
export * from './errors.ts';
export * from './fence.ts';
export * from './kernel.ts';
export type * from './memory-ports.ts';
export type * from './options.ts';
export type * from './registry.ts';
