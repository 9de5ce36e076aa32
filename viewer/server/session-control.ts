// The session's clock and its windows, as far as a page may steer them.
import type { Client, ObjectProxy } from '../../client-sdk/core/index.ts';
import { interfaces } from '../../protocol/interfaces/index.ts';
import type { ClockMessage, ControlMessage, ServerMessage } from '../stream/messages.ts';

const { clock_kind: KIND } = interfaces.fencepost_control_v1.enums;

export class SessionControl {
  readonly #proxy: ObjectProxy<'fencepost_control_v1'>;
  /** Null until the compositor has told. */
  clock: ClockMessage | null = null;

  static offeredBy(client: Client): boolean {
    return client.offers('fencepost_control_v1') > 0;
  }

  constructor(client: Client, tell: (message: ServerMessage) => void) {
    this.#proxy = client.bind('fencepost_control_v1');
    this.#proxy.listen({
      clock: (kind, frozen, speed) => {
        this.clock = {
          type: 'clock',
          kind: kind === KIND.virtual ? 'virtual' : 'real',
          frozen: frozen !== 0,
          speed: speed / 1000,
        };
        tell(this.clock);
      },
      stepped: output => tell({ type: 'stepped', output }),
    });
  }

  /** Time of a real-time session is nobody's to steer, and a page that tries is of another opinion for a moment at most. */
  pass(message: ControlMessage): void {
    switch (message.action) {
      case 'close':
        this.#proxy.close_window(message.window);
        return;
      case 'activate':
        this.#proxy.activate_window(message.window);
        return;
    }
    if (this.clock?.kind !== 'virtual') return;
    switch (message.action) {
      case 'freeze':
        this.#proxy.freeze();
        return;
      case 'resume':
        this.#proxy.resume();
        return;
      case 'step':
        this.#proxy.step_vblank(message.output);
        return;
      case 'speed':
        this.#proxy.set_speed(Math.round(message.speed * 1000));
    }
  }
}
