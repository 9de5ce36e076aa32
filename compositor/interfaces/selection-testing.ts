// For tests of selections: programs that copy and paste, by whichever protocol.
import type { Handle } from '../../protocol/object/message.ts';
import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { DEFAULT_CAPABILITIES } from '../server/capabilities.ts';
import { TestClient, type TestServer } from './testing.ts';

/** A device of one of the selection protocols, which are much alike. */
export interface SelectionProtocol {
  /** A source that offers these types and writes what `data` says of each. */
  source(types: readonly string[], data?: (type: string) => string): Source;
  set(source: Source | null, serial: number): void;
  /** The types offered now; null: nothing is. */
  readonly offered: readonly string[] | null;
  /** How often the selection was told. */
  readonly told: number;
  receive(type: string, into: Handle): void;
}

interface Source {
  readonly proxy: SourceProxy;
  readonly cancelled: () => boolean;
}

/** What the offers of all protocols have in common. */
interface Offer {
  on(event: 'offer', listener: (type: string) => void): void;
  receive(type: string, handle: Handle): void;
  destroy(): void;
}

/** What the sources of all protocols have in common. */
interface SourceProxy {
  offer(type: string): void;
  destroy(): void;
  listen(events: { send(type: string, handle: Handle): void; cancelled(): void }): void;
}

/** A program that copies and pastes. */
export class Program {
  readonly wire: TestClient;
  readonly seat: ObjectProxy<'wl_seat'>;
  /** Of the last event that gave one. */
  serial = 0;

  constructor(test: TestServer, name: string) {
    this.wire = new TestClient(test, name, DEFAULT_CAPABILITIES);
    this.seat = this.wire.bind('wl_seat');
    this.seat.get_keyboard().listen({
      enter: serial => {
        this.serial = serial;
      },
      keymap: (_, { fd }) => this.wire.client.task.close(fd),
    });
  }

  /** Opens a window, which gets the keyboard. */
  focus(): this {
    this.wire.mapped();
    return this;
  }

  /** What a device's events tell. */
  ear() {
    const types = new Map<object, string[]>();
    const heard = { offered: null as readonly string[] | null, told: 0, offer: null as Offer | null };
    return {
      heard,
      data_offer: (offer: Offer) => {
        const list: string[] = [];
        types.set(offer, list);
        offer.on('offer', type => void list.push(type));
      },
      selection: (offer: Offer | null) => {
        heard.offer?.destroy();
        heard.offer = offer;
        heard.offered = offer && types.get(offer)!;
        heard.told++;
      },
    };
  }

  clipboard(): SelectionProtocol {
    const manager = this.wire.bind('wl_data_device_manager');
    const device = manager.get_data_device(this.seat);
    const { heard, ...events } = this.ear();
    device.listen(events);
    return this.#protocol(
      heard,
      () => manager.create_data_source(),
      (source, serial) => device.set_selection(source, serial),
    );
  }

  primary(): SelectionProtocol {
    const manager = this.wire.bind('zwp_primary_selection_device_manager_v1');
    const device = manager.get_device(this.seat);
    const { heard, ...events } = this.ear();
    device.listen(events);
    return this.#protocol(
      heard,
      () => manager.create_source(),
      (source, serial) => device.set_selection(source, serial),
    );
  }

  control(name: 'clipboard' | 'primary' = 'clipboard'): SelectionProtocol {
    const manager = this.wire.bind('zwlr_data_control_manager_v1');
    const device = manager.get_data_device(this.seat);
    const { heard, data_offer, selection } = this.ear();
    device.listen({ data_offer, [name === 'clipboard' ? 'selection' : 'primary_selection']: selection });
    return this.#protocol(
      heard,
      () => manager.create_data_source(),
      source => {
        if (name === 'clipboard') device.set_selection(source);
        else device.set_primary_selection(source);
      },
    );
  }

  #protocol<P extends SourceProxy>(
    heard: { offered: readonly string[] | null; told: number; offer: Offer | null },
    make: () => P,
    set: (source: P | null, serial: number) => void,
  ): SelectionProtocol {
    const { wire } = this;
    const proxies = new Map<Source, P>();
    wire.settle();
    return {
      source: (types, write = type => `some ${type}`) => {
        const proxy = make();
        let cancelled = false;
        for (const type of types) proxy.offer(type);
        proxy.listen({
          send: (type, { fd }) => {
            const { task } = wire.client;
            task.pwrite(fd, new TextEncoder().encode(write(type)), 0n);
            task.close(fd);
          },
          cancelled: () => {
            cancelled = true;
          },
        });
        const source = { proxy, cancelled: () => cancelled };
        proxies.set(source, proxy);
        return source;
      },
      set: (source, serial) => {
        set(source && proxies.get(source)!, serial);
        wire.settle();
      },
      get offered() {
        return heard.offered;
      },
      get told() {
        return heard.told;
      },
      receive: (type, into) => {
        heard.offer!.receive(type, into);
        wire.settle();
      },
    };
  }

  /** What is pasted as this type. */
  paste(selection: SelectionProtocol, type: string): string {
    const file = this.wire.memory(0);
    selection.receive(type, file);
    const { task } = this.wire.client;
    const bytes = new Uint8Array(Number(task.status(file.fd).size));
    task.pread(file.fd, bytes, 0n);
    task.close(file.fd);
    return new TextDecoder().decode(bytes);
  }
}
