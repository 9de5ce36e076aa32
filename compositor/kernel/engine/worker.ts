// The thread of a worker engine: runs jobs as they come and says so. Nothing here knows what a job is for.
import { parentPort, workerData } from 'node:worker_threads';
import { PixelKernels } from './pixel-kernels.ts';
import type { WorkerJob } from './worker-engine.ts';

const { memory } = workerData as { memory: WebAssembly.Memory };
const kernels = new PixelKernels(memory);

parentPort?.on('message', ({ id, address, count }: WorkerJob) => {
  kernels.execute(address, count);
  parentPort?.postMessage(id);
});
