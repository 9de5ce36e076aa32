import { describe, expect, it } from 'vitest';
import {
  SIMGPU_SUBMIT_FENCE_IN,
  SIMGPU_SUBMIT_FENCE_OUT,
  SIMGPU_SUBMIT_SYNCOBJ,
  simgpuIoctls,
} from '../../../../protocol/uapi/simgpu.ts';
import { syncobjIoctls } from '../../../../protocol/uapi/syncobj.ts';
import { VirtualMachine } from '../../../machine/virtual-machine.ts';
import { GR88, NV12, RG16 } from '../../engine/formats.ts';
import {
  type Client,
  type CommandValue,
  composite,
  copy,
  createRig,
  fill,
  imageOf,
  type SubmitValue,
  spin,
} from './test-kit.ts';

const RED = 0xffff0000;
const HUGE = 0xffff_ffff;

/** Whether the device took nothing: no job, no descriptor, no memory. */
function refuse(client: Client, body: () => unknown, code: string): void {
  const descriptors = client.task.files.size;
  expect(body).toThrow(code);
  expect(client.task.files.size).toBe(descriptors);
}

describe('commands that reach out of their buffer', () => {
  const { client } = createRig();
  const app = client('app');
  const image = app.image(32, 32);
  const source = app.image(32, 32);
  const target = imageOf(image);
  const nv12 = { ...target, format: NV12, width: 16, height: 16, offsets: [0, 256], pitches: [16, 16] };

  const bad: { readonly [what: string]: CommandValue } = {
    'one row too many': fill(image, RED, { target: { ...target, height: 33 } }),
    'a pitch too small': fill(image, RED, { target: { ...target, pitches: [124, 0] } }),
    'a pitch that is no multiple of a pixel': fill(image, RED, { target: { ...target, pitches: [130, 0] } }),
    'a pitch that overflows': fill(image, RED, { target: { ...target, pitches: [HUGE - 3, 0] } }),
    'an offset at the end': fill(image, RED, { target: { ...target, offsets: [4096, 0] } }),
    'an offset that overflows': fill(image, RED, { target: { ...target, offsets: [HUGE - 3, 0] } }),
    'an odd offset': fill(image, RED, { target: { ...target, height: 15, offsets: [2, 0] } }),
    'no width': fill(image, RED, { target: { ...target, width: 0 } }),
    'a width beyond the engine': fill(image, RED, { target: { ...target, width: 40000 } }),
    'a second plane where there is none': fill(image, RED, { target: { ...target, pitches: [64, 64] } }),
    'an unknown format': fill(image, RED, { target: { ...target, format: 0x31313131 } }),
    'a format that is not drawn to': fill(image, RED, { target: { ...target, format: RG16 } }),
    'chroma beyond the end': composite(image, source, {
      source: { ...nv12, handle: source.handle, offsets: [0, 4000] },
    }),
    'an inverted rectangle': fill(image, RED, { clip: { x1: 8, y1: 0, x2: 4, y2: 4 } }),
    'a rectangle of 2^32 pixels': fill(image, RED, {
      destination: { x1: -0x8000_0000, y1: 0, x2: 0x7fff_ffff, y2: 4 },
    }),
    'a source rectangle outside': composite(image, source, {
      source_rect: { x: 65536, y: 0, w: 32 << 16, h: 32 << 16 },
    }),
    'a source rectangle that overflows': composite(image, source, {
      source_rect: { x: HUGE, y: 0, w: HUGE, h: 65536 },
    }),
    'an empty source rectangle': composite(image, source, { source_rect: { x: 0, y: 0, w: 0, h: 65536 } }),
    'a copy of half pixels': copy(image, source, {
      source_rect: { x: 32768, y: 0, w: 31 << 16, h: 32 << 16 },
    }),
    'a copy between formats': copy(image, source, {
      source: { ...imageOf(source), format: GR88, pitches: [64, 0] },
    }),
    'a transform of 8': composite(image, source, { transform: 8 }),
    'a filter of 2': composite(image, source, { filter: 2 }),
    'a blend mode of 3': composite(image, source, { blend_mode: 3 }),
    'an encoding of 3': composite(image, source, { color_encoding: 3 }),
    'a range of 2': composite(image, source, { color_range: 2 }),
    flags: fill(image, RED, { flags: 1 }),
    'a field that the opcode does not use': fill(image, RED, { transform: 1 }),
    'a spin with a target': { ...spin(1n), target },
    'an unknown opcode': { ...fill(image, RED), opcode: 9 },
  };

  for (const [what, command] of Object.entries(bad))
    it(`are refused: ${what}`, () => {
      const flags = SIMGPU_SUBMIT_FENCE_OUT;
      refuse(app, () => app.submit([fill(image, RED), command], { flags }), 'EINVAL');
    });

  it('are refused: a handle of nobody', () => {
    refuse(app, () => app.submit([fill({ ...image, handle: 99 }, RED)]), 'ENOENT');
  });

  it('are told why', () => {
    const command = fill(image, RED, { target: { ...target, height: 33 } });
    expect(() => app.submit([command])).toThrow(
      'target: plane 0 of XR24 ends at byte 4224 of a buffer of 4096',
    );
  });
});

describe('submissions that lie', () => {
  const { kernel, machine, client } = createRig();
  const app = client('app');
  const image = app.image(8, 8);
  const good = fill(image, RED);
  const handle = app.task.call(app.fd, syncobjIoctls.DRM_IOCTL_SYNCOBJ_CREATE, {}).handle!;

  const bad: readonly (readonly [string, SubmitValue, string])[] = [
    ['an unknown flag', { commands: [good], flags: 16 }, 'EINVAL'],
    ['pad', { commands: [good], pad: 1 }, 'EINVAL'],
    ['no command', { commands: [] }, 'EINVAL'],
    ['commands at a bad address', { commands: 0xdead_0000n, command_count: 2 }, 'EFAULT'],
    ['more commands than are allowed', { commands: [good], command_count: 4097 }, 'EINVAL'],
    ['more commands than there are', { commands: [good], command_count: 4096 }, 'EFAULT'],
    ['a context of nobody', { commands: [good], context: 77 }, 'ENOENT'],
    [
      'an in-fence that is not open',
      { commands: [good], flags: SIMGPU_SUBMIT_FENCE_IN, in_fence_fd: 500 },
      'EINVAL',
    ],
    [
      'an in-fence that is no fence',
      { commands: [good], flags: SIMGPU_SUBMIT_FENCE_IN, in_fence_fd: app.fd },
      'EINVAL',
    ],
    ['sync objects without their flag', { commands: [good], out_syncs: [{ handle }] }, 'EINVAL'],
    [
      'a sync object of nobody',
      { commands: [good], flags: SIMGPU_SUBMIT_SYNCOBJ, out_syncs: [{ handle: 9 }] },
      'ENOENT',
    ],
    [
      'a point that nobody has submitted',
      { commands: [good], flags: SIMGPU_SUBMIT_SYNCOBJ, in_syncs: [{ handle, point: 3n }] },
      'EINVAL',
    ],
    [
      '2^32 sync objects',
      { commands: [good], flags: SIMGPU_SUBMIT_SYNCOBJ, in_syncs: 0x1000n, in_sync_count: HUGE },
      'EINVAL',
    ],
  ];

  for (const [what, value, code] of bad)
    it(`are refused: ${what}`, () => {
      const call = () =>
        app.task.call(app.fd, simgpuIoctls.SIMGPU_SUBMIT, { context: app.context, ...value });
      refuse(app, call, code);
    });

  it('are refused when too many wait', () => {
    const gate = app.submitForFence([spin(1_000_000n)], { context: app.createContext() });
    const options = { flags: SIMGPU_SUBMIT_FENCE_IN, in_fence_fd: gate };
    for (let at = 0; at < 1024; at++) app.submit([spin(1n)], options);
    expect(() => app.submit([spin(1n)], options)).toThrow('EAGAIN');
    machine.advance(100_000_000n);
    app.submit([spin(1n)]);
  });

  it('are refused when too many commands wait, in however many contexts', () => {
    const gate = app.submitForFence([spin(1_000_000n)], { context: app.createContext() });
    const options = { flags: SIMGPU_SUBMIT_FENCE_IN, in_fence_fd: gate };
    const many = new Array(4096).fill(spin(1n));
    for (let job = 0; job < 15; job++) app.submit(many, { ...options, context: app.createContext() });
    expect(() => app.submit([...many], { ...options, context: app.createContext() })).toThrow('EAGAIN');
    machine.advance(100_000_000n);
    app.submit(many);
    machine.advance(100_000_000n);
  });

  it('get contexts by the process and not by the file, and back what they destroy', () => {
    const greedy = client('greedy');
    const files = [1, 2, 3, 4, 5].map(() => greedy.task.open('/dev/dri/renderD128'));
    const create = (fd: number) => greedy.task.call(fd, simgpuIoctls.SIMGPU_CONTEXT_CREATE, {}).id!;
    for (const fd of files.slice(0, 3)) for (let n = 0; n < 256; n++) create(fd);
    expect(() => create(files[0]!)).toThrow('ENOSPC');
    for (let n = 0; n < 255; n++) create(files[3]!);
    expect(() => create(files[4]!)).toThrow('ENOSPC');
    greedy.task.close(files[0]!);
    machine.settle();
    expect(create(files[4]!)).toBe(1);
    greedy.task.exit();
    machine.settle();
  });

  it('do not get buffers larger than the machine', () => {
    const create = (size: bigint) => () => app.task.call(app.fd, simgpuIoctls.SIMGPU_GEM_CREATE, { size });
    const used = kernel.memory.used;
    expect(create(0n)).toThrow('EINVAL');
    expect(create(0xffff_ffff_ffff_ffffn)).toThrow('ENOMEM');
    expect(create(BigInt(kernel.memory.size))).toThrow('ENOMEM');
    expect(kernel.memory.used).toBe(used);
  });
});

it('random bytes as a submission never get through', () => {
  const { machine, device, client } = createRig();
  const app = client('app');
  app.image(8, 8);
  const { random } = new VirtualMachine({ seed: 7 });
  const address = app.task.memory.mapAnonymous(65536);
  for (let round = 0; round < 500; round++) {
    const bytes = app.task.memory.view(address, 4096);
    for (let at = 0; at < 1024; at++) bytes[at] = random() < 0.6 ? 0 : Math.floor(random() * 256);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(0, app.context, true);
    view.setUint32(4, 0, true);
    view.setUint32(8, 1, true);
    for (const field of [20, 24, 28]) view.setUint32(field, 0, true);
    view.setBigUint64(48, address + 1024n, true);
    view.setUint32(1024, 1 + Math.floor(random() * 3), true);
    const submit = () => app.task.ioctl(app.fd, simgpuIoctls.SIMGPU_SUBMIT.number, address);
    expect(submit).toThrow(/EINVAL|ENOENT/);
  }
  machine.settle();
  expect([...device.objects].map(object => object.references)).toEqual([1]);
});
