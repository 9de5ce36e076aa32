// zwp_linux_dmabuf_feedback_v1: which formats suit which device, as a table in memory and indices into it.

import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Resource } from '../../protocol/object/resource.ts';
import {
  F_ADD_SEALS,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
} from '../../protocol/uapi/fcntl.ts';
import type { Task } from '../kernel/task/index.ts';
import type { FormatTranche, KernelCapabilities } from '../scene/kernel-capabilities.ts';
import { OwnedDescriptor } from '../server/descriptors.ts';

const { scanout } = interfaces.zwp_linux_dmabuf_feedback_v1.enums.tranche_flags;

/** Bytes of an entry: format, four bytes of padding, modifier. */
const ENTRY = 16;

/** The pairs of format and modifier of all tranches, each once, and their bytes. */
function formatTable(tranches: readonly FormatTranche[]): {
  bytes: Uint8Array;
  indexOf(format: number, modifier: bigint): number;
} {
  const indices = new Map<string, number>();
  const key = (format: number, modifier: bigint): string => `${format}:${modifier}`;
  const entries: { format: number; modifier: bigint }[] = [];
  for (const { formats } of tranches)
    for (const { format, modifiers } of formats)
      for (const modifier of modifiers) {
        if (indices.has(key(format, modifier))) continue;
        indices.set(key(format, modifier), entries.length);
        entries.push({ format, modifier });
      }
  const bytes = new Uint8Array(entries.length * ENTRY);
  const view = new DataView(bytes.buffer);
  for (const [at, { format, modifier }] of entries.entries()) {
    view.setUint32(at * ENTRY, format, true);
    view.setBigUint64(at * ENTRY + 8, modifier, true);
  }
  return { bytes, indexOf: (format, modifier) => indices.get(key(format, modifier)) ?? 0 };
}

/** Read-only memory with these bytes: nobody who gets it can change it for the others. */
function sealedMemory(task: Task, name: string, bytes: Uint8Array): OwnedDescriptor {
  const memory = new OwnedDescriptor(task, task.memfdCreate(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  try {
    task.truncate(memory.fd, BigInt(bytes.length));
    task.pwrite(memory.fd, bytes, 0n);
    task.fcntl(memory.fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    return memory;
  } catch (error) {
    memory[Symbol.dispose]();
    throw error;
  }
}

/** A dev_t as an array argument: 8 bytes in the host's order. */
export function deviceBytes(device: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(device).buffer);
}

export function sendFeedback(
  task: Task,
  { events }: Resource<'zwp_linux_dmabuf_feedback_v1'>,
  { mainDevice, tranches }: KernelCapabilities,
): void {
  const table = formatTable(tranches);
  const memory = sealedMemory(task, 'dmabuf-formats', table.bytes);
  events.format_table({ kind: 'task', fd: memory.fd }, table.bytes.length);
  memory[Symbol.dispose]();
  events.main_device(deviceBytes(mainDevice));
  for (const tranche of tranches) {
    events.tranche_target_device(deviceBytes(tranche.device));
    events.tranche_flags(tranche.scanout ? scanout : 0);
    const indices = tranche.formats.flatMap(({ format, modifiers }) =>
      modifiers.map(modifier => table.indexOf(format, modifier)),
    );
    events.tranche_formats(new Uint8Array(Uint16Array.from(indices).buffer));
    events.tranche_done();
  }
  events.done();
}
