// The SDK's sources for clients in the process of the tests.
export {
  type Client,
  connect,
  type KeyboardEvent,
  type PointerEvent,
  type SyncMode,
  screenshot,
  type TouchEvent,
  type Window,
} from '../../client-sdk/index.ts';
export { openHostFiles } from '../../protocol/host/native-files.ts';
export { whyNoDescriptors } from '../../protocol/transport/unix.ts';
