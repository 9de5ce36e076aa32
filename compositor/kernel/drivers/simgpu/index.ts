export { createSimgpu, type SimgpuOptions } from './simgpu.ts';
