// `fencepost/client` for browsers: WebSocket only, and no module of Node's within reach.
export { connect } from './browser/connect.ts';
export * from './core/index.ts';
