export type { HostFiles, HostStreams } from '../../protocol/host/host-files.ts';
export { openHostFiles } from '../../protocol/host/native-files.ts';
