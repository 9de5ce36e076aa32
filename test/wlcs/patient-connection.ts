// wlcs 1.5 maps its windows and panels in haste: a buffer is attached without waiting for the first configure, sometimes
// without even asking for it, which xdg-shell and layer-shell forbid (later versions of wlcs wait, and acknowledge). For
// the sake of all the tests that need nothing but some window, such a client is made to be patient: the commit without a
// buffer and the acknowledgement are put in for it, and its requests are held back until the configure has been sent.
import type { Point } from '../../compositor/scene/region.ts';
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Connection, ConnectionListener } from '../../protocol/object/connection.ts';
import type { Message } from '../../protocol/object/message.ts';
import type { InterfaceName } from '../../protocol/object/types.ts';

/** A surface that is configured by an object of its own. */
interface Window {
  /** The xdg_surface or zwlr_layer_surface_v1. */
  readonly object: number;
  readonly shell: Shell;
  /** Until it has one, an attached buffer is an error that the suite means. */
  hasRole: boolean;
  /** `unasked`, then `asked` by a commit without a buffer, `told` by a configure, and `acknowledged`. */
  stage: 'unasked' | 'asked' | 'told' | 'acknowledged';
  /** Of the first configure. */
  serial: number;
  /** The acknowledgement was put in; that of the client itself would be the second. */
  helped: boolean;
  /** An attach that came too early. */
  attach: Message | null;
  /** The next commit takes the content away, and all begins again. */
  leaving: boolean;
}

const request = (name: InterfaceName, of: string): number =>
  Object.keys(interfaces[name].requests).indexOf(of);
const event = (name: InterfaceName, of: string): number => Object.keys(interfaces[name].events).indexOf(of);

const DISPLAY = 1;
const GET_REGISTRY = request('wl_display', 'get_registry');
const BIND = request('wl_registry', 'bind');
const ATTACH = request('wl_surface', 'attach');
const COMMIT = request('wl_surface', 'commit');

const SET_ANCHOR = request('zwlr_layer_surface_v1', 'set_anchor');
const SET_MARGIN = request('zwlr_layer_surface_v1', 'set_margin');
const { top, left } = interfaces.zwlr_layer_surface_v1.enums.anchor;
const TOP_LEFT = top | left;

const shellOf = (
  object: 'xdg_surface' | 'zwlr_layer_surface_v1',
  get: number,
  roles: readonly number[] | null,
) => ({
  /** Of the global. */
  get,
  /** Requests that give the role; null: it has one from the start. */
  roles,
  destroy: request(object, 'destroy'),
  acknowledge: request(object, 'ack_configure'),
  configure: event(object, 'configure'),
});
type Shell = ReturnType<typeof shellOf>;

const SHELLS: Readonly<Record<string, Shell>> = {
  xdg_wm_base: shellOf('xdg_surface', request('xdg_wm_base', 'get_xdg_surface'), [
    request('xdg_surface', 'get_toplevel'),
    request('xdg_surface', 'get_popup'),
  ]),
  zwlr_layer_shell_v1: shellOf(
    'zwlr_layer_surface_v1',
    request('zwlr_layer_shell_v1', 'get_layer_surface'),
    null,
  ),
};

export class PatientConnection implements Connection {
  readonly #inner: Connection;
  readonly #registries = new Set<number>();
  readonly #shells = new Map<number, Shell>();
  /** By their wl_surface. */
  readonly #windows = new Map<number, Window>();
  #held: Message[] = [];
  #listener: ConnectionListener | null = null;

  constructor(inner: Connection) {
    this.#inner = inner;
  }

  get wire(): Connection['wire'] {
    return this.#inner.wire;
  }

  get passesDescriptors(): boolean {
    return this.#inner.passesDescriptors;
  }

  get queuedBytes(): number {
    return this.#inner.queuedBytes;
  }

  receive(listener: ConnectionListener): void {
    this.#listener = listener;
    this.#inner.receive({
      messages: (batch, bytes) => {
        this.#held.push(...batch);
        this.#deliver(bytes);
      },
      drained: () => listener.drained?.(),
      closed: reason => listener.closed(reason),
    });
  }

  send(message: Message): void {
    this.#inner.send(message);
    const window = this.#windowOf(message.object);
    if (window?.stage !== 'asked' || message.opcode !== window.shell.configure) return;
    window.stage = 'told';
    window.serial = message.args[0] as number;
    this.#deliver(0);
  }

  /**
   * Puts a layer surface somewhere: only its client can, by the corner that it ties it to and by margins. Does nothing for
   * another surface.
   */
  placeLayer(surface: number, { x, y }: Point): void {
    const window = this.#windows.get(surface);
    if (window?.shell !== SHELLS['zwlr_layer_shell_v1']) return;
    const { object } = window;
    this.#held.push(
      { object, opcode: SET_ANCHOR, args: [TOP_LEFT] },
      { object, opcode: SET_MARGIN, args: [y, 0, 0, x] },
      { object: surface, opcode: COMMIT, args: [] },
    );
    this.#deliver(0);
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  close(): void {
    this.#inner.close();
  }

  /** Hands on what need not wait. */
  #deliver(bytes: number): void {
    const batch: Message[] = [];
    while (this.#held.length > 0 && !this.#mustWait(this.#held[0]!))
      batch.push(...this.#helped(this.#held.shift()!));
    this.#listener?.messages(batch, bytes);
  }

  /** A buffer is committed, and the configure that was asked for has not been sent yet. */
  #mustWait({ object, opcode }: Message): boolean {
    const window = opcode === COMMIT ? this.#windows.get(object) : undefined;
    return window?.stage === 'asked' && window.attach !== null;
  }

  /** The message as the client should have sent it. */
  #helped(message: Message): readonly Message[] {
    const { object, opcode, args } = message;
    if (object === DISPLAY && opcode === GET_REGISTRY) this.#registries.add(args[0] as number);
    else if (this.#registries.has(object) && opcode === BIND)
      this.#bound(args[1] as string, args[3] as number);
    else if (this.#shells.get(object)?.get === opcode) this.#add(this.#shells.get(object)!, args);
    else if (this.#windows.has(object)) return this.#ofSurface(message, this.#windows.get(object)!);
    else {
      const window = this.#windowOf(object);
      if (window) return this.#ofObject(message, window);
    }
    return [message];
  }

  #bound(name: string, id: number): void {
    const shell = SHELLS[name];
    if (shell) this.#shells.set(id, shell);
  }

  #add(shell: Shell, args: Message['args']): void {
    const [object, surface] = args as readonly [number, number];
    this.#windows.set(surface, {
      object,
      shell,
      hasRole: shell.roles === null,
      stage: 'unasked',
      serial: 0,
      helped: false,
      attach: null,
      leaving: false,
    });
  }

  #ofSurface(message: Message, window: Window): readonly Message[] {
    const { opcode, args } = message;
    if (!window.hasRole) return [message];
    if (window.stage === 'acknowledged') {
      if (opcode === ATTACH) window.leaving = args[0] === 0;
      if (opcode === COMMIT && window.leaving) window.stage = 'unasked';
      return [message];
    }
    if (opcode === ATTACH) {
      window.attach = args[0] === 0 ? null : message;
      return [];
    }
    return opcode === COMMIT ? this.#commit(message, window) : [message];
  }

  #commit(message: Message, window: Window): readonly Message[] {
    const { attach } = window;
    if (window.stage === 'unasked') {
      window.stage = 'asked';
      if (attach) this.#held.unshift(message);
      return [message];
    }
    if (!attach) return [message];
    window.attach = null;
    window.stage = 'acknowledged';
    window.helped = true;
    window.leaving = false;
    const { object, shell, serial } = window;
    return [{ object, opcode: shell.acknowledge, args: [serial] }, attach, message];
  }

  #ofObject(message: Message, window: Window): readonly Message[] {
    const { opcode, args } = message;
    const { shell, attach } = window;
    if (shell.roles?.includes(opcode)) window.hasRole = true;
    if (opcode === shell.destroy)
      for (const [surface, other] of this.#windows) if (other === window) this.#windows.delete(surface);
    if (opcode !== shell.acknowledge) return [message];
    if (window.helped && args[0] === window.serial) return [];
    window.attach = null;
    window.stage = 'acknowledged';
    window.leaving = false;
    return attach ? [message, attach] : [message];
  }

  #windowOf(object: number): Window | undefined {
    for (const window of this.#windows.values()) if (window.object === object) return window;
    return undefined;
  }
}
