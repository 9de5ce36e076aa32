import { describe, expect, it } from 'vitest';
import { MAX_CHUNK } from '../../protocol/object/limits.ts';
import { drmIoctls } from '../../protocol/uapi/drm.ts';
import { SYNC_IOC_FILE_INFO } from '../../protocol/uapi/sync-file.ts';
import { syncobjIoctls } from '../../protocol/uapi/syncobj.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { KernelCallError, WaitExpired } from './errors.ts';
import { Fence } from './fence.ts';

async function connected() {
  const server = new FakeServer(['fencepost_kernel_v1']);
  const client = await server.connect();
  return { server, client, kernel: client.kernel, fake: server.kernel };
}

describe('kernel calls', () => {
  it('lays an argument out and reads it back', async () => {
    const { client, kernel, fake } = await connected();
    const called = kernel.call(5, syncobjIoctls.DRM_IOCTL_SYNCOBJ_QUERY, { handles: [9], points: [0n] });
    await client.roundtrip();
    const [call] = fake.ioctls;
    expect(call).toMatchObject({ fd: 5, request: syncobjIoctls.DRM_IOCTL_SYNCOBJ_QUERY.number });
    const block = Uint8Array.from(call!.block);
    const view = new DataView(block.buffer);
    view.setBigUint64(Number(view.getBigUint64(8, true)), 42n, true);
    // A kernel may answer with the addresses that it used.
    view.setBigUint64(8, 0xdead_0000n, true);
    fake.answer(call!.serial, 0, block);
    expect((await called).points).toEqual([42n]);
    await client.close();
  });

  it('names the error of a call', async () => {
    const { client, kernel, fake } = await connected();
    const called = kernel.call(5, drmIoctls.DRM_IOCTL_GEM_CLOSE, { handle: 1 });
    await client.roundtrip();
    fake.fail(fake.ioctls[0]!.serial, 'EINVAL', 22);
    const error = await called.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KernelCallError);
    expect(error).toMatchObject({ code: 'EINVAL', errno: 22, syscall: 'ioctl' });
    await client.close();
  });

  it('interrupts a call that is given up', async () => {
    const { client, kernel, fake } = await connected();
    const controller = new AbortController();
    const polled = kernel.poll(4, 1, { signal: controller.signal });
    await client.roundtrip();
    controller.abort(new Error('enough'));
    await expect(polled).rejects.toThrow('enough');
    await client.roundtrip();
    expect(fake.interrupted).toEqual([fake.polls[0]!.serial]);
    expect(kernel.pending).toBe(0);
    await client.close();
  });

  it('moves long transfers in chunks', async () => {
    const { client, kernel, fake } = await connected();
    const fd = await kernel.memfdCreate('long');
    await kernel.truncate(fd, MAX_CHUNK + 10);
    const bytes = Uint8Array.from({ length: MAX_CHUNK + 10 }, (_, at) => at % 251);
    expect(await kernel.pwrite(fd, bytes, 0)).toBe(bytes.length);
    expect(fake.written).toEqual([MAX_CHUNK, 10]);
    const read = new Uint8Array(bytes.length);
    expect(await kernel.pread(fd, read, 0)).toBe(bytes.length);
    expect(Buffer.compare(read, bytes)).toBe(0);
    await client.close();
  });

  it('says whose fence it was that did not signal in time', async () => {
    const { client, kernel, fake } = await connected();
    const fence = new Fence(kernel, 6);
    const waited = fence.signalled({ timeout: 5 }).catch((reason: unknown) => reason);
    await client.roundtrip();
    expect(fake.polls.map(({ fd }) => fd)).toEqual([6]);
    await until(() => fake.ioctls.length === 1);
    const count = Uint8Array.from(fake.ioctls[0]!.block);
    new DataView(count.buffer).setUint32(SYNC_IOC_FILE_INFO.struct.offsets.num_fences, 1, true);
    fake.answer(fake.ioctls[0]!.serial, 0, count);
    await until(() => fake.ioctls.length === 2);
    const info = Uint8Array.from(fake.ioctls[1]!.block);
    const at = Number(
      new DataView(info.buffer).getBigUint64(SYNC_IOC_FILE_INFO.struct.offsets.sync_fence_info, true),
    );
    info.set(new TextEncoder().encode('ctx-3'), at);
    info.set(new TextEncoder().encode('simgpu'), at + 32);
    fake.answer(fake.ioctls[1]!.serial, 0, info);
    const error = await waited;
    expect(error).toBeInstanceOf(WaitExpired);
    expect((error as WaitExpired).holders).toEqual(['pending fence of simgpu, timeline ctx-3']);
    await client.close();
  });
});

describe('a server that says too much', () => {
  it('of the fences in a sync file costs no more than a call can hold', async () => {
    const { client, kernel, fake } = await connected();
    const asked = new Fence(kernel, 6).info();
    const failed = expect(asked).rejects.toMatchObject({ code: 'EINVAL' });
    await until(() => fake.ioctls.length === 1);
    const count = Uint8Array.from(fake.ioctls[0]!.block);
    new DataView(count.buffer).setUint32(SYNC_IOC_FILE_INFO.struct.offsets.num_fences, 0xffff_ffff, true);
    fake.answer(fake.ioctls[0]!.serial, 0, count);
    await until(() => fake.ioctls.length === 2);
    expect(fake.ioctls[1]!.block.length).toBeLessThanOrEqual(MAX_CHUNK);
    fake.fail(fake.ioctls[1]!.serial, 'EINVAL', 22);
    await failed;
    await client.close();
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setImmediate(resolve));
}
