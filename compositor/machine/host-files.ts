export type { HostFiles } from '../../protocol/host/host-files.ts';
export { openHostFiles } from '../../protocol/host/native-files.ts';
