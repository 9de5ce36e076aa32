// The globals of input devices.
import type { Server } from '../server/server.ts';
import type { Context } from './context.ts';
import { bindSeat } from './wl-seat.ts';

export function offerInput(context: Context, server: Server): Disposable {
  const seat = server.globals.add({
    interface: 'wl_seat',
    version: 7,
    bind: (client, resource) => bindSeat({ context, client }, resource),
  });
  return {
    [Symbol.dispose]: () => {
      seat[Symbol.dispose]();
      context.input[Symbol.dispose]();
    },
  };
}
