import { beforeEach, describe, expect, it } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { MILLISECOND, SECOND } from '../machine/machine.ts';
import { VirtualMachine } from '../machine/virtual-machine.ts';
import { Program } from './selection-testing.ts';
import { TestClient, TestServer } from './testing.ts';

let test: TestServer;

beforeEach(() => {
  const machine = new VirtualMachine();
  test = new TestServer({ machine, kernel: new Kernel({ machine, memoryBytes: 64 << 20 }) });
});

describe('a hostile program', () => {
  it('is ended for a list of types that would fill the connections of others', () => {
    const hostile = new Program(test, 'hostile').focus();
    const clipboard = hostile.clipboard();
    clipboard.source(Array.from({ length: 40 }, (_, at) => `${at}/${'x'.repeat(1000)}`));
    hostile.wire.settle();
    expect(hostile.wire.error!.message).toContain('offer fewer');
    const long = new Program(test, 'long').focus();
    long.clipboard().source(['x'.repeat(4000)]);
    long.wire.settle();
    expect(long.wire.error!.message).toContain('offer fewer');
    const many = new Program(test, 'many').focus();
    many.clipboard().source(Array.from({ length: 600 }, (_, at) => `a/${at}`));
    many.wire.settle();
    expect(many.wire.error!.message).toContain('offer fewer');
  });

  it('does not end another by asking for its data without end', () => {
    const copier = new Program(test, 'copier').focus();
    const copies = copier.clipboard();
    let sends = 0;
    copies.set(
      copies.source(['text/plain'], () => `${++sends}`),
      copier.serial,
    );
    const hostile = new Program(test, 'hostile').focus();
    const pastes = hostile.clipboard();
    const file = hostile.wire.memory(0);
    copier.wire.stopReading();
    for (let at = 0; at < 2000; at++) pastes.receive('text/plain', file);
    copier.wire.readAgain();
    copier.wire.settle();
    expect(sends).toBeGreaterThan(50);
    expect(sends).toBeLessThan(256);
    const open = test.task.files.size;
    for (let at = 0; at < 300; at++) pastes.receive('text/plain', file);
    copier.wire.settle();
    expect(sends).toBe(256);
    expect(test.task.files.size).toBe(open);
    expect(copier.wire.closed).toBeNull();
    test.machine.advance(SECOND);
    expect(hostile.paste(pastes, 'text/plain')).toBe('257');
  });

  it('does not end another by having it sent what it can not be sent', () => {
    const copier = new TestClient(test, 'copier', ['clipboard'], 'wayland');
    const manager = copier.bind('zwlr_data_control_manager_v1');
    const source = manager.create_data_source();
    source.offer('text/plain');
    manager.get_data_device(copier.bind('wl_seat')).set_selection(source);
    copier.settle();
    const hostile = new Program(test, 'hostile').focus();
    // There is no real descriptor behind a memfd of the simulated kernel's own.
    expect(hostile.paste(hostile.clipboard(), 'text/plain')).toBe('');
    expect(copier.closed).toBeNull();
  });

  it('does not end another that does not read for a while by changing the selection without end', () => {
    const manager = new Program(test, 'manager');
    const control = manager.control();
    const hostile = new Program(test, 'hostile').focus();
    const clipboard = hostile.clipboard();
    manager.wire.stopReading();
    const types = Array.from({ length: 30 }, (_, at) => `${at}/${'x'.repeat(1000)}`);
    for (let at = 0; at < 200; at++) {
      const source = clipboard.source(types);
      clipboard.set(source, hostile.serial);
      source.proxy.destroy();
      test.machine.advance(MILLISECOND);
    }
    clipboard.set(clipboard.source(['last/one']), hostile.serial);
    manager.wire.readAgain();
    test.machine.advance(SECOND);
    expect([control.offered, manager.wire.closed, manager.wire.error]).toEqual([['last/one'], null, null]);
  });

  it('does not fill the table of another with files', () => {
    const copier = new Program(test, 'copier').focus();
    const copies = copier.clipboard();
    const kept: number[] = [];
    const source = copier.wire.bind('wl_data_device_manager').create_data_source();
    source.offer('text/plain');
    source.on('send', (_, { fd }) => void kept.push(fd));
    copier.wire
      .bind('wl_data_device_manager')
      .get_data_device(copier.seat)
      .set_selection(source, copier.serial);
    copier.wire.settle();
    const { files } = copier.wire.client.task;
    files.limit = files.size + 40;
    const hostile = new Program(test, 'hostile').focus();
    const pastes = hostile.clipboard();
    for (let at = 0; at < 100; at++) pastes.receive('text/plain', hostile.wire.memory(0));
    expect(kept.length).toBeGreaterThan(0);
    expect(files.size).toBeLessThanOrEqual(Math.ceil(files.limit / 2));
    expect([copies.told, copier.wire.closed]).toEqual([2, null]);
  });

  it('is told of many changes once, and is ended when it keeps every offer', () => {
    const program = new Program(test, 'both').focus();
    const keeper = new Program(test, 'keeper');
    const device = keeper.wire.bind('zwlr_data_control_manager_v1').get_data_device(keeper.seat);
    let offers = 0;
    device.listen({ data_offer: () => void offers++ });
    keeper.wire.settle();
    const clipboard = program.clipboard();
    const manager = program.wire.bind('wl_data_device_manager');
    const setter = manager.get_data_device(program.seat);
    for (let at = 0; at < 100; at++) {
      const proxy = manager.create_data_source();
      proxy.offer('a/a');
      setter.set_selection(proxy, program.serial);
    }
    program.wire.settle();
    expect(offers).toBeLessThan(5);
    setter.release();
    for (let at = 0; at < 1100 && !keeper.wire.closed; at++)
      clipboard.set(clipboard.source(['a/a']), program.serial);
    expect(keeper.wire.error!.message).toContain('must be destroyed');
    expect(program.wire.error).toBeNull();
  });
});
