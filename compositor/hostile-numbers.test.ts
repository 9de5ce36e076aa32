// Clients whose requests are all allowed, with numbers that overflow whatever computes with them carelessly.
import { expect, it } from 'vitest';
import { DRM_CLOEXEC, DRM_RDWR, drmIoctls } from '../protocol/uapi/drm.ts';
import { DRM_FORMAT_XRGB8888 } from '../protocol/uapi/fourcc.ts';
import { simgpuIoctls } from '../protocol/uapi/simgpu.ts';
import { Compositor } from './compositor.ts';
import { createDevices } from './devices.ts';
import { TestClient } from './interfaces/testing.ts';
import { VirtualMachine } from './machine/virtual-machine.ts';

const FRAME = 16_666_667n;
const HIGHEST = 2 ** 31 - 1;
const LOWEST = -(2 ** 31);
const POSITIVE = [1, 2, 7, 64, 4096, 32767, 32768, 65535, 1 << 20, 1_000_000_007, HIGHEST - 64, HIGHEST];
const ANY = [0, -1, -32768, LOWEST, LOWEST + 1, ...POSITIVE];

/** A buffer of the simulated GPU, of 64x48 pixels. */
function dmabuf(client: TestClient) {
  const { task } = client.client;
  const gpu = task.open('/dev/dri/renderD128');
  const { handle } = task.call(gpu, simgpuIoctls.SIMGPU_GEM_CREATE, { size: 64n * 48n * 4n });
  const flags = DRM_RDWR | DRM_CLOEXEC;
  const { fd } = task.call(gpu, drmIoctls.DRM_IOCTL_PRIME_HANDLE_TO_FD, { handle, flags });
  const params = client.bind('zwp_linux_dmabuf_v1').create_params();
  params.add({ kind: 'task', fd }, 0, 0, 64 * 4, 0, 0);
  return params.create_immed(64, 48, DRM_FORMAT_XRGB8888, 0);
}

/** A window with subsurfaces, changed at random from a seed. */
class Vandal {
  readonly #client: TestClient;
  readonly #random: () => number;
  readonly #parts;
  readonly #window;
  readonly #compositor;
  readonly #buffers;

  constructor(client: TestClient, random: () => number) {
    this.#client = client;
    this.#random = random;
    this.#compositor = client.bind('wl_compositor');
    const pixels = client.bind('wp_single_pixel_buffer_manager_v1');
    this.#buffers = [
      client.buffer(64, 48),
      client.buffer(300, 2),
      dmabuf(client),
      dmabuf(client),
      pixels.create_u32_rgba_buffer(0, 0, 0, 0xffffffff),
    ];
    this.#window = client.mapped();
    const parts = [this.#part(this.#window.surface, null)];
    for (let n = 0; n < 5; n++) {
      const surface = client.surface();
      const parent = parts[Math.floor(random() * parts.length)]!.surface;
      const role = client.bind('wl_subcompositor').get_subsurface(surface, parent);
      parts.push(this.#part(surface, role));
    }
    this.#parts = parts;
    client.settle();
  }

  act(): void {
    const [pick, any, positive] = [this.#pick.bind(this), () => this.#pick(ANY), () => this.#pick(POSITIVE)];
    const { surface, role, viewport } = pick(this.#parts);
    const { xdg, toplevel } = this.#window;
    const acts: (() => unknown)[] = [
      () => surface.damage(any(), any(), any(), any()),
      () => surface.damage_buffer(any(), any(), any(), any()),
      () => surface.attach(pick(this.#buffers), 0, 0),
      () => surface.offset(any(), any()),
      () => surface.set_buffer_transform(Math.floor(this.#random() * 8)),
      () => this.#setRegions(surface),
      () => viewport.set_destination(positive(), positive()),
      () => viewport.set_destination(-1, -1),
      () => role?.set_position(any(), any()),
      () => role?.set_desync(),
      () => role?.set_sync(),
      () => xdg.set_window_geometry(any(), any(), positive(), positive()),
      () => toplevel.set_max_size(positive(), positive()),
      () => toplevel.set_fullscreen(null),
      () => toplevel.unset_fullscreen(),
      () => surface.frame(),
      () => surface.commit(),
      () => surface.commit(),
      () => surface.commit(),
      () => surface.commit(),
    ];
    pick(acts)();
  }

  #part(
    surface: ReturnType<TestClient['surface']>,
    role: { set_position(x: number, y: number): void; set_sync(): void; set_desync(): void } | null,
  ) {
    return { surface, role, viewport: this.#client.bind('wp_viewporter').get_viewport(surface) };
  }

  #setRegions(surface: ReturnType<TestClient['surface']>): void {
    const region = this.#compositor.create_region();
    const any = () => this.#pick(ANY);
    for (let n = 0; n < 5; n++) region.add(any(), any(), any(), any());
    region.subtract(any(), any(), any(), any());
    surface.set_opaque_region(region);
    surface.set_input_region(region);
    region.destroy();
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)]!;
  }
}

it.each([1, 2, 3, 4, 5, 6, 7, 8])('nothing breaks, nothing is lost, in whatever order (seed %i)', seed => {
  const machine = new VirtualMachine({ seed, order: 'random' });
  const outputs = [
    { width: 64, height: 48 },
    { width: 100, height: 50 },
  ];
  const { kernel } = createDevices({ machine, memoryBytes: 64 << 20, outputs, engines: 'virtual' });
  const { server, scene, trace, counters, holdings, display } = new Compositor({ kernel });
  const client = new TestClient({ machine, server }, 'vandal', ['kernel-calls']);
  const vandal = new Vandal(client, () => machine.random());
  for (let n = 0; n < 400; n++) {
    vandal.act();
    if (n % 10 === 0) machine.advance(FRAME);
  }
  machine.advance(4n * FRAME);
  expect(client.error).toBeNull();
  expect(trace.notes('fault')).toEqual([]);
  client.client.disconnect('the test ends');
  machine.advance(8n * FRAME);
  expect(scene.surfaces.size).toBe(0);
  expect(holdings.list).toEqual([]);
  expect(counters.releases).toBe(counters.uses);
  expect(display.statistics.outputs.map(({ state }) => state)).toEqual(['idle', 'idle']);
});
