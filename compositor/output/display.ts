// All displays of the compositor, and what clients' buffers go through on the way to them.
import type { Task } from '../kernel/task/index.ts';
import type { Machine } from '../machine/machine.ts';
import type { Counters } from '../observe/counters.ts';
import type { Trace } from '../observe/trace.ts';
import { RenderDevice } from '../render/render-device.ts';
import { Renderer } from '../render/renderer.ts';
import type { KernelCapabilities } from '../scene/kernel-capabilities.ts';
import type { CaptureConstraints, Output, OutputInfo, Outputs, OutputsListener } from '../scene/outputs.ts';
import type { Scene } from '../scene/scene.ts';
import type { AcquireWaiter, OwnedDescriptor, ReleaseService } from '../scene/synchronisation.ts';
import { TaskAcquireWaiter } from '../sync/acquire-waiter.ts';
import { TaskReleaseService } from '../sync/release-service.ts';
import { SyncobjDevice } from '../sync/syncobj-device.ts';
import { Card } from './card.ts';
import { DisplayOutput } from './display-output.ts';
import { ClientFramebuffers } from './framebuffers.ts';
import { TaskKernelCapabilities } from './kernel-capabilities.ts';
import { refreshOf } from './mode-properties.ts';
import { OwnContent } from './own-content.ts';
import type { Pipe } from './pipes.ts';
import { type DisplayStatistics, summarise } from './statistics.ts';

export interface DisplayOptions {
  /** The compositor's process: it has the seat, so that it may open the card. */
  readonly task: Task;
  readonly machine: Machine;
  readonly scene: Scene;
  readonly trace: Trace;
  readonly counters: Counters;
  /** Names of the outputs in the order of their connectors, instead of the connectors' own. */
  readonly names?: readonly string[];
  /** Device pixels per logical pixel of each output, in the same order; 1 by default. */
  readonly scales?: readonly number[];
}

/**
 * Opens the devices, lights every connected display, side by side from left to right, and shows the scene on them.
 *
 * ```ts
 * const display = new Display({ task, machine, scene, trace, counters });
 * const use = new BufferUse({ buffer, acquire, targets, release: display.release });
 * surface.commit(use, display.acquire.wait(acquire, buffer.label));
 * ```
 */
export class Display implements Outputs, Disposable {
  readonly capabilities: KernelCapabilities;
  readonly acquire: AcquireWaiter;
  readonly release: ReleaseService;
  readonly #options: DisplayOptions;
  readonly #card: Card;
  readonly #device: RenderDevice;
  readonly #renderer: Renderer;
  readonly #framebuffers: ClientFramebuffers;
  readonly #signalled: OwnedDescriptor;
  readonly #own: OwnContent;
  readonly #observation: Disposable;
  readonly #listeners = new Set<OutputsListener>();
  #outputs: DisplayOutput[] = [];

  /** Throws a KernelError when a device is missing or refuses. */
  constructor(options: DisplayOptions) {
    const { task, trace, counters, scene } = options;
    this.#options = options;
    this.#device = new RenderDevice(task);
    this.#card = new Card(task);
    this.#renderer = new Renderer(this.#device, trace, options.machine);
    this.#framebuffers = new ClientFramebuffers(this.#card);
    const syncobjs = new SyncobjDevice(task, this.#device.fd);
    this.capabilities = new TaskKernelCapabilities(this.#device, this.#card, syncobjs);
    this.acquire = new TaskAcquireWaiter(task, syncobjs);
    this.release = new TaskReleaseService({ task, device: syncobjs, trace, counters });
    this.#own = new OwnContent(task);
    this.#signalled = syncobjs.signalledSyncFile();
    const infos = this.#describe();
    scene.outputs = infos;
    this.#outputs = this.#card.pipes.map((pipe, at) => this.#light(pipe, infos[at]!));
    this.#observation = scene.observe({
      damaged: damage => {
        for (const output of this.#outputs) output.damaged(damage);
      },
      frameWanted: surface => {
        for (const output of this.#outputs) output.frameWanted(surface);
      },
      cursorChanged: () => {
        for (const output of this.#outputs) output.cursorChanged();
      },
      contentApplied: (surface, content, damage) => this.#renderer.images.latch(surface, content, damage),
      surfaceDestroyed: surface => this.#renderer.images.forget(surface),
    });
  }

  get list(): readonly Output[] {
    return this.#outputs;
  }

  observe(listener: OutputsListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  get statistics(): DisplayStatistics {
    const { counters, task } = this.#options;
    const outputs = this.#outputs.map(output => output.statistics);
    return {
      outputs,
      composited: counters.composited,
      scannedOut: counters.scannedOut,
      missedVblanks: counters.missedVblanks,
      commitToFlip: summarise(counters.commitToFlip),
      commitToRelease: summarise(counters.commitToRelease),
      planesInUse: outputs.reduce((sum, { planesInUse }) => sum + planesInUse, 0),
      openDescriptors: task.files.size,
    };
  }

  /** Switches an output off and takes it out of the space; the others keep their places. False when there is none. */
  remove(name: string): boolean {
    const output = this.#outputs.find(({ info }) => info.name === name);
    if (!output) return false;
    this.#outputs = this.#outputs.filter(other => other !== output);
    output[Symbol.dispose]();
    for (const listener of [...this.#listeners]) listener.removed(output);
    this.#options.scene.outputs = this.#outputs.map(({ info }) => info);
    return true;
  }

  /** Switches everything off. Buffers are given back as the displays go dark. */
  [Symbol.dispose](): void {
    this.#observation[Symbol.dispose]();
    for (const output of this.#outputs.splice(0)) {
      output[Symbol.dispose]();
      for (const listener of [...this.#listeners]) listener.removed(output);
    }
    this.#framebuffers[Symbol.dispose]();
    this.#renderer[Symbol.dispose]();
  }

  #describe(): OutputInfo[] {
    let x = 0;
    return this.#card.pipes.map(({ connector, mode }, at) => {
      const size = { width: mode.hdisplay, height: mode.vdisplay };
      const scale = this.#options.scales?.[at] ?? 1;
      // What is left of a logical pixel at the edges counts as one: everything on the display is somewhere.
      const logical = { width: Math.ceil(size.width / scale), height: Math.ceil(size.height / scale) };
      const name = this.#options.names?.[at] ?? connector.name;
      const words = [`${size.width}x${size.height}`];
      if (name !== connector.name) words.unshift(connector.name);
      const info: OutputInfo = {
        name,
        description: `${name} (${words.join(', ')})`,
        make: 'Fencepost',
        model: 'simkms',
        geometry: { x, y: 0, ...logical },
        mode: size,
        refresh: Math.round(1e12 / Number(refreshOf(mode))),
        scale,
        transform: 0,
        physical: connector.physical,
      };
      x += logical.width;
      return info;
    });
  }

  #light(pipe: Pipe, info: OutputInfo): DisplayOutput {
    return new DisplayOutput({
      ...this.#options,
      card: this.#card,
      pipe,
      renderer: this.#renderer,
      framebuffers: this.#framebuffers,
      signalled: this.#signalled,
      devices: {
        card: this.#card,
        device: this.#device,
        framebuffers: this.#framebuffers,
        udmabuf: this.#renderer.images.udmabuf,
      },
      own: this.#own,
      name: info.name,
      size: info.mode,
      info,
      refresh: refreshOf(pipe.mode),
      captureConstraints: captureConstraints(pipe, info, this.#card),
    });
  }
}

function captureConstraints({ writeback }: Pipe, { mode }: OutputInfo, card: Card): CaptureConstraints {
  const formats = writeback?.formats ?? [];
  return {
    size: mode,
    shmFormats: formats,
    dmabufFormats: formats.map(format => ({ format, modifiers: [0n] })),
    dmabufDevice: writeback ? card.deviceNumber : null,
  };
}
