// The types of every interface's requests and events, inferred from the tables.
import type { Interfaces } from '../interfaces/index.ts';
import type { Handle } from './message.ts';
import type { ObjectProxy } from './proxy.ts';
import type { Resource } from './resource.ts';
import type { Argument } from './table.ts';

export type InterfaceName = keyof Interfaces;
export type RequestName<N extends InterfaceName> = keyof Interfaces[N]['requests'] & string;
export type EventName<N extends InterfaceName> = keyof Interfaces[N]['events'] & string;

/** A resource of whatever interface: narrow it by its `interface`. */
export type AnyResource = { [N in InterfaceName]: Resource<N> }[InterfaceName];
/** A proxy of whatever interface: narrow it by its `interface`. */
export type AnyProxy = { [N in InterfaceName]: ObjectProxy<N> }[InterfaceName];

type ArgumentsOf<M> = M extends { readonly args: infer A extends readonly Argument[] } ? A : [];
type RequestDefinition<N extends InterfaceName, R> = R extends keyof Interfaces[N]['requests']
  ? Interfaces[N]['requests'][R]
  : never;
type EventDefinition<N extends InterfaceName, E> = E extends keyof Interfaces[N]['events']
  ? Interfaces[N]['events'][E]
  : never;

type OrNull<A, Value> = A extends { readonly nullable: true } ? Value | null : Value;
type Plain<A> = A extends { readonly kind: 'int' | 'uint' | 'fixed' }
  ? number
  : A extends { readonly kind: 'string' }
    ? OrNull<A, string>
    : A extends { readonly kind: 'array' }
      ? Uint8Array
      : Handle;

type ResourceNamed<I> = I extends InterfaceName ? Resource<I> : AnyResource;
type ProxyNamed<I> = I extends InterfaceName ? ObjectProxy<I> : AnyProxy;

type ServerArgument<A> = A extends { readonly kind: 'object' | 'new_id'; readonly interface: infer I }
  ? OrNull<A, ResourceNamed<I>>
  : Plain<A>;
type ClientArgument<A> = A extends { readonly kind: 'object' | 'new_id'; readonly interface: infer I }
  ? OrNull<A, ProxyNamed<I>>
  : Plain<A>;

type ServerArguments<A extends readonly Argument[]> = { -readonly [K in keyof A]: ServerArgument<A[K]> };
type ClientArguments<A extends readonly Argument[]> = { -readonly [K in keyof A]: ClientArgument<A[K]> };
type WithoutNewIds<A extends readonly Argument[]> = A extends readonly [
  infer First extends Argument,
  ...infer Rest extends readonly Argument[],
]
  ? First extends { readonly kind: 'new_id' }
    ? WithoutNewIds<Rest>
    : [First, ...WithoutNewIds<Rest>]
  : [];
type NewIdOf<A extends readonly Argument[]> = Extract<A[number], { readonly kind: 'new_id' }>;

/** What a request's handler is given after its resource: object and new_id arguments are resources. */
export type RequestArguments<N extends InterfaceName, R extends RequestName<N>> = ServerArguments<
  ArgumentsOf<RequestDefinition<N, R>>
>;
/** What the server gives to send an event: object and new_id arguments are resources. */
export type EventArguments<N extends InterfaceName, E extends EventName<N>> = ServerArguments<
  ArgumentsOf<EventDefinition<N, E>>
>;
/** What an event's listener is given: object and new_id arguments are proxies. */
export type ClientEventArguments<N extends InterfaceName, E extends EventName<N>> = ClientArguments<
  ArgumentsOf<EventDefinition<N, E>>
>;

type RequestResult<A extends readonly Argument[]> = [NewIdOf<A>] extends [never]
  ? void
  : ProxyNamed<NewIdOf<A>['interface']>;
type ClientRequest<A extends readonly Argument[]> = [NewIdOf<A>] extends [never]
  ? (...args: ClientArguments<A>) => void
  : undefined extends NewIdOf<A>['interface']
    ? <I extends InterfaceName>(
        ...args: [...ClientArguments<WithoutNewIds<A>>, interfaceName: I, version: number]
      ) => ObjectProxy<I>
    : (...args: ClientArguments<WithoutNewIds<A>>) => RequestResult<A>;

/** One method per request, each given its resource and the validated arguments. */
export type RequestHandlers<N extends InterfaceName> = {
  [R in RequestName<N>]: (resource: Resource<N>, ...args: RequestArguments<N, R>) => void;
};
/** One method per event, each sending it. */
export type EventSenders<N extends InterfaceName> = {
  readonly [E in EventName<N>]: (...args: EventArguments<N, E>) => void;
};
/** One method per request, each sending it and returning the proxy it creates, if any. */
export type ClientRequests<N extends InterfaceName> = {
  readonly [R in RequestName<N>]: ClientRequest<ArgumentsOf<RequestDefinition<N, R>>>;
};
/** Any of the events, each with its listener. */
export type EventListeners<N extends InterfaceName> = {
  [E in EventName<N>]?: (...args: ClientEventArguments<N, E>) => void;
};
