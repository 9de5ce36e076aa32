export type { OutputOptions } from './output.ts';
export type { MissedFlip, Monitor, MonitorFrame, PipeStatistics } from './pipe.ts';
export { createSimkms, Simkms, type SimkmsOptions } from './simkms.ts';
