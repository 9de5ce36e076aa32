// ext_idle_notifier_v1: who is told that nobody uses the seat.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Caller, Context } from './context.ts';
import { PerClient } from './per-client.ts';

/** What binds the global. */
export function idleNotifier(
  context: Context,
): (caller: Caller, resource: Resource<'ext_idle_notifier_v1'>) => void {
  const notifications = new PerClient<Resource<'ext_idle_notification_v1'>>('idle notifications');
  return ({ client }, resource) =>
    resource.setHandlers({
      destroy: () => {},
      get_idle_notification: (_, id, timeout) => {
        const added = notifications.add(client, id);
        const watch = context.rooms.seat.idle.watch(timeout, {
          idled: () => id.events.idled(),
          resumed: () => id.events.resumed(),
        });
        id.setHandlers({ destroy: () => {} });
        id.onDestroy(() => {
          watch[Symbol.dispose]();
          added[Symbol.dispose]();
        });
      },
    });
}
