// `fencepost/client` for Node.
export * from './core/index.ts';
export { type ConnectOptions, connect } from './node/connect.ts';
export { nodeHostMemory } from './node/host-memory.ts';
