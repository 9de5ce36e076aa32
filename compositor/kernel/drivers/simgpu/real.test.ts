import { expect, it } from 'vitest';
import { ERRNO } from '../../../../protocol/uapi/errno.ts';
import { POLLIN } from '../../../../protocol/uapi/fcntl.ts';
import { SYNC_IOC_FILE_INFO } from '../../../../protocol/uapi/sync-file.ts';
import { MILLISECOND, SECOND } from '../../../machine/machine.ts';
import { RealMachine } from '../../../machine/real-machine.ts';
import { WorkerEngine } from '../../engine/worker-engine.ts';
import { Kernel } from '../../kernel.ts';
import { createSimgpu } from './simgpu.ts';
import { Client, fill, spin } from './test-kit.ts';

it('draws on a worker thread in real time, and survives a job that hangs it', async () => {
  const kernel = new Kernel({ machine: new RealMachine(), memoryBytes: 16 << 20 });
  createSimgpu(kernel, {
    engine: (machine, memory) => new WorkerEngine(machine, memory, 'simgpu'),
    // Long enough for the thread to start on a busy machine.
    timeout: SECOND,
  });
  const app = new Client(kernel.createTask({ name: 'app' }), 1);
  const image = app.image(64, 64);
  const signalled = (fence: number) => new Promise(resolve => app.task.watch(fence, POLLIN, resolve));
  await signalled(app.submitForFence([fill(image, 0xff00ff00), spin(MILLISECOND)]));
  expect(app.pixels(image)[100]).toBe(0xff00ff00);
  const half = spin(600n * MILLISECOND);
  const tooLong = app.submitForFence([half, half], { context: app.createContext() });
  await signalled(tooLong);
  expect(app.task.call(tooLong, SYNC_IOC_FILE_INFO, {}).status).toBe(-ERRNO.ETIME);
  await signalled(app.submitForFence([fill(image, 0xff0000ff)]));
  expect(app.pixels(image)[100]).toBe(0xff0000ff);
  kernel[Symbol.dispose]();
});
