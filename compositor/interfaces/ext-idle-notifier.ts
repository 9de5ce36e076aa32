// ext_idle_notifier_v1: who is told that nobody uses the seat.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Caller } from './context.ts';

export function bindIdleNotifier({ context }: Caller, resource: Resource<'ext_idle_notifier_v1'>): void {
  resource.setHandlers({
    destroy: () => {},
    get_idle_notification: (_, id, timeout) => {
      const watch = context.rooms.seat.idle.watch(timeout, {
        idled: () => id.events.idled(),
        resumed: () => id.events.resumed(),
      });
      id.setHandlers({ destroy: () => {} });
      id.onDestroy(() => watch[Symbol.dispose]());
    },
  });
}
