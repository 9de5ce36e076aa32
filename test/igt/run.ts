import { deepEqual, ok } from 'node:assert/strict';
import type { Kernel } from '../../compositor/kernel/kernel.ts';
import { SECOND } from '../../compositor/machine/machine.ts';
import { Probe } from '../conformance/probe.ts';
import type { Binary } from './binary.ts';
import { createSystem, type SystemOptions } from './system.ts';

/** Longer than any fence that nobody signals lasts. */
const AFTERWARDS = 60n * SECOND;

const heldBy = (kernel: Kernel, { addsDevices = false }: Binary) => ({
  memory: addsDevices ? 0 : kernel.memory.used,
  buffers: kernel.dmaBufs.size,
  threads: kernel.threads.size,
});

/**
 * Runs a subtest on a machine of its own; throws what it throws. The machine has to be as empty after the subtest's
 * processes have ended as it was before.
 */
export function runSubtest(binary: Binary, name: string, options: SystemOptions = {}): void {
  const subtest = binary.subtests[name];
  ok(subtest, `${binary.name} has no subtest ${name}`);
  const system = createSystem(options);
  const { kernel, machine } = system;
  try {
    const before = heldBy(kernel, binary);
    subtest(new Probe(system));
    for (const task of [...kernel.tasks]) task.exit();
    machine.advance(AFTERWARDS);
    deepEqual(heldBy(kernel, binary), before, 'what is left when all processes have ended');
  } finally {
    system[Symbol.dispose]();
  }
}
