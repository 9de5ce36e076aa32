import { beforeEach, describe, expect, it } from 'vitest';
import { receiveHandles } from '../../protocol/object/handles.ts';
import type { Handle } from '../../protocol/object/message.ts';
import { Kernel } from '../kernel/kernel.ts';
import { KernelError, type Task } from '../kernel/task/index.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { ClientDescriptors } from './descriptors.ts';

let clientTask: Task;
let compositorTask: Task;
let closed: number[];
let full: boolean;
let port: ClientDescriptors;

beforeEach(() => {
  const kernel = new Kernel({ machine: new VirtualMachine(), memoryBytes: 1 << 20 });
  clientTask = kernel.createTask({ name: 'client' });
  compositorTask = kernel.createTask({ name: 'compositor' });
  closed = [];
  full = false;
  port = new ClientDescriptors({
    realDescriptors: false,
    clientTask,
    compositorTask,
    limit: 8,
    undeliverable: () => {},
    kernel: {
      createTask: () => clientTask,
      // Takes the descriptor over, also when it fails.
      adopt: (task, fd) => {
        if (full) {
          closed.push(fd);
          throw new KernelError('EMFILE', 'full');
        }
        return task.eventfd();
      },
      closeHost: fd => closed.push(fd),
      nodes: () => [],
      lend: () => null,
    },
  });
});

const host = (fd: number): Handle => ({ kind: 'host', fd });

describe('ClientDescriptors', () => {
  it('closes each real descriptor of a message that fails once, never twice', () => {
    full = true;
    expect(() => receiveHandles(port, [host(50), host(51)])).toThrow('no_memory');
    expect(closed).toEqual([50, 51]);
    expect(compositorTask.files.size).toBe(0);
  });

  it('gives back what it received before one could not be', () => {
    const fd = clientTask.eventfd();
    expect(() => receiveHandles(port, [{ kind: 'task', fd }, { kind: 'task', fd: 99 }, host(7)])).toThrow(
      'invalid_method',
    );
    expect(compositorTask.files.size).toBe(0);
    expect(closed).toEqual([7]);
    expect(clientTask.files.size).toBe(1);
  });

  it('closes what no handler claimed, and what was claimed when that is disposed', () => {
    const [handle] = receiveHandles(port, [host(3)]) as [Handle];
    receiveHandles(port, [host(4)]);
    const owned = port.claim(handle);
    port.closeUnclaimed();
    expect(compositorTask.files.size).toBe(1);
    owned[Symbol.dispose]();
    owned[Symbol.dispose]();
    expect(compositorTask.files.size).toBe(0);
    expect(() => port.claim(handle)).toThrow('did not come with this message');
  });
});
