// How a group of interfaces offers its globals.
import type { Resource } from '../../protocol/object/resource.ts';
import type { InterfaceName } from '../../protocol/object/types.ts';
import type { Client } from '../server/client.ts';
import type { WireVersions } from '../server/globals.ts';
import type { Caller } from './context.ts';

/** Which clients see a global. */
export type OfferedTo = (client: Client) => boolean;

export const everybody: OfferedTo = () => true;

/** Offers a global until all of them are withdrawn. */
export type OfferGlobal = <N extends InterfaceName>(
  name: N,
  version: number | WireVersions,
  offeredTo: OfferedTo,
  bind: (caller: Caller, resource: Resource<N>) => void,
) => void;
