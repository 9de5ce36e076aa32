// xdg_activation_v1: one program hands the focus to another.
import type { Resource } from '../../protocol/object/resource.ts';
import { ActivationTokens } from '../seat/activation.ts';
import type { Client } from '../server/client.ts';
import type { Caller, Context } from './context.ts';
import { demand } from './errors.ts';

/** What binds the global. */
export function activation(
  context: Context,
): (caller: Caller, resource: Resource<'xdg_activation_v1'>) => void {
  const tokens = new ActivationTokens(context.rooms.machine);
  return ({ client }, resource) =>
    resource.setHandlers({
      destroy: () => {},
      get_activation_token: (_, id) => serveToken(client, id, context, tokens),
      activate: (_, token, surface) => {
        if (!tokens.redeem(token)) return;
        const { role } = context.surfaces.get(surface).surface;
        if (role?.kind === 'toplevel') context.rooms.seat.activate(role.window);
      },
    });
}

function serveToken(
  client: Client,
  resource: Resource<'xdg_activation_token_v1'>,
  context: Context,
  tokens: ActivationTokens,
): void {
  let used = false;
  let serial: number | null = null;
  let surface: Resource<'wl_surface'> | null = null;
  const checkUnused = (): void =>
    demand(!used, resource, 'already_used', 'the token was committed; ask for another one');
  /** It followed from something that a person did with the client, in the surface that it names; passing over it is nothing. */
  const mayActivate = (): boolean => {
    const given = serial === null ? null : context.rooms.seat.serials.find(serial);
    if (!given || given.kind === 'pointer-enter' || context.clientOf(given.surface) !== client) return false;
    return surface === null || context.clientOf(context.surfaces.get(surface).surface) === client;
  };
  resource.setHandlers({
    set_serial: (_, value) => {
      checkUnused();
      serial = value;
    },
    set_app_id: () => checkUnused(),
    set_surface: (_, value) => {
      checkUnused();
      surface = value;
    },
    commit: () => {
      checkUnused();
      used = true;
      // One without the right to activate is answered all the same: whoever is given it finds that nothing happens.
      resource.events.done(mayActivate() ? tokens.create(client) : tokens.name());
    },
    destroy: () => {},
  });
}
