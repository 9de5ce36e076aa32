// wlcs 1.5 maps its xdg windows in haste: a buffer is attached without waiting for the first configure, sometimes without
// even asking for it, which xdg-shell forbids (later versions of wlcs wait, and acknowledge). For the sake of all the tests
// that need nothing but some window, such a client is made to be patient: the commit without a buffer and the
// acknowledgement are put in for it, and its requests are held back until the configure has been sent.
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { Connection, ConnectionListener } from '../../protocol/object/connection.ts';
import type { Message } from '../../protocol/object/message.ts';

interface Window {
  readonly xdgSurface: number;
  /** It has been made a toplevel or a popup: until then an attached buffer is an error that the suite means. */
  hasRole: boolean;
  /** `unasked`, then `asked` by a commit without a buffer, `told` by a configure, and `acknowledged`. */
  stage: 'unasked' | 'asked' | 'told' | 'acknowledged';
  /** Of the first configure. */
  serial: number;
  /** The acknowledgement was put in; that of the client itself would be the second. */
  helped: boolean;
  /** An attach that came too early. */
  attach: Message | null;
}

const request = (
  name: 'wl_display' | 'wl_registry' | 'wl_surface' | 'xdg_wm_base' | 'xdg_surface',
  of: string,
) => Object.keys(interfaces[name].requests).indexOf(of);

const DISPLAY = 1;
const GET_REGISTRY = request('wl_display', 'get_registry');
const BIND = request('wl_registry', 'bind');
const ATTACH = request('wl_surface', 'attach');
const COMMIT = request('wl_surface', 'commit');
const GET_XDG_SURFACE = request('xdg_wm_base', 'get_xdg_surface');
const DESTROY = request('xdg_surface', 'destroy');
const ROLES = [request('xdg_surface', 'get_toplevel'), request('xdg_surface', 'get_popup')];
const ACK_CONFIGURE = request('xdg_surface', 'ack_configure');
const CONFIGURE = Object.keys(interfaces.xdg_surface.events).indexOf('configure');

export class PatientConnection implements Connection {
  readonly #inner: Connection;
  readonly #registries = new Set<number>();
  readonly #shells = new Set<number>();
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
    if (message.opcode !== CONFIGURE) return;
    const window = this.#windowOf(message.object);
    if (window?.stage !== 'asked') return;
    window.stage = 'told';
    window.serial = message.args[0] as number;
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
    else if (this.#registries.has(object) && opcode === BIND && args[1] === 'xdg_wm_base')
      this.#shells.add(args[3] as number);
    else if (this.#shells.has(object) && opcode === GET_XDG_SURFACE) this.#add(args as [number, number]);
    else if (this.#windows.has(object)) return this.#ofSurface(message, this.#windows.get(object)!);
    else {
      const window = this.#windowOf(object);
      if (window) return this.#ofXdgSurface(message, window);
    }
    return [message];
  }

  #add([xdgSurface, surface]: readonly [number, number]): void {
    this.#windows.set(surface, {
      xdgSurface,
      hasRole: false,
      stage: 'unasked',
      serial: 0,
      helped: false,
      attach: null,
    });
  }

  #ofSurface(message: Message, window: Window): readonly Message[] {
    if (window.stage === 'acknowledged' || !window.hasRole) return [message];
    if (message.opcode === ATTACH) {
      window.attach = message;
      return [];
    }
    return message.opcode === COMMIT ? this.#commit(message, window) : [message];
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
    return [{ object: window.xdgSurface, opcode: ACK_CONFIGURE, args: [window.serial] }, attach, message];
  }

  #ofXdgSurface(message: Message, window: Window): readonly Message[] {
    const { opcode, args } = message;
    if (ROLES.includes(opcode)) window.hasRole = true;
    if (opcode === DESTROY)
      for (const [surface, other] of this.#windows) if (other === window) this.#windows.delete(surface);
    if (opcode !== ACK_CONFIGURE) return [message];
    if (window.helped && args[0] === window.serial) return [];
    const { attach } = window;
    window.attach = null;
    window.stage = 'acknowledged';
    return attach ? [message, attach] : [message];
  }

  #windowOf(xdgSurface: number): Window | undefined {
    for (const window of this.#windows.values()) if (window.xdgSurface === xdgSurface) return window;
    return undefined;
  }
}
