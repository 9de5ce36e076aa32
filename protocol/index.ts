/**
 * The object protocol. Interfaces are tables (`protocol/interfaces`), with Wayland's names, order, versions, enums and
 * error codes; the types of proxies, resources, handlers and listeners are inferred from them.
 *
 * A server answers the requests of one client like this:
 *
 *     const objects = new ServerObjects({
 *       send: message => connection.send(message),
 *       failed: () => connection.close(),             // the error is queued: flush, then close
 *     });
 *     objects.display.setHandlers({
 *       sync: (_, callback) => callback.events.done(serial),  // a destructor event: it also ends the callback
 *       get_registry(_, registry) {
 *         registry.setHandlers({
 *           bind(registry, name, made) {              // `made` has the interface and version that were asked for
 *             if (name !== 1 || made.interface !== 'wl_shm')  // the tables know it; whether it is on offer is yours
 *               throw new ProtocolError(registry, displayError.invalid_object, `there is no global ${name}`);
 *             made.setHandlers({
 *               create_pool(shm, pool, handle, size) { // the handler owns the handle and closes it
 *                 if (size <= 0)
 *                   throw new ProtocolError(shm, interfaces.wl_shm.enums.error.invalid_stride, `size is ${size}`);
 *                 pool.setHandlers(new ShmPool(handle, size));
 *                 pool.onDestroy(() => { ... });       // the destructor request, or the client's disconnect
 *               },
 *               release() {},                         // the resource is destroyed after a destructor's handler
 *             });
 *             made.events.format(interfaces.wl_shm.enums.format.argb8888);
 *           },
 *         });
 *         registry.events.global(1, 'wl_shm', 2);
 *       },
 *     });
 *     connection.receive({
 *       messages: batch => { for (const message of batch) objects.dispatch(message); },
 *       closed: () => objects.disconnect(),           // destroys every resource in the order of creation
 *     });
 *
 * and a client uses it like this:
 *
 *     const client = new ClientObjects({ send: message => connection.send(message), failed: error => ... });
 *     const registry = client.display.get_registry(); // a new_id is the return value
 *     registry.on('global', (name, interfaceName, version) => ...);
 *     const shm = registry.bind(1, 'wl_shm', 2);      // ObjectProxy<'wl_shm'>
 *     const pool = shm.create_pool({ kind: 'task', fd: memfd }, size);
 *     client.display.sync().on('done', () => ...);
 *
 * What belongs to a resource is best kept in a `WeakMap` by it, or in its handlers, which may be an object with state.
 */

export { interfaces } from './interfaces/index.ts';
export * from './object/client-objects.ts';
export type * from './object/connection.ts';
export * from './object/error.ts';
export * from './object/handles.ts';
export * from './object/limits.ts';
export * from './object/message.ts';
export type { ObjectProxy } from './object/proxy.ts';
export type { Resource } from './object/resource.ts';
export * from './object/server-objects.ts';
export * from './object/signature.ts';
export * from './object/table.ts';
export type * from './object/types.ts';
