export { interfaces } from './interfaces/index.ts';
export type * from './object/connection.ts';
export * from './object/limits.ts';
export * from './object/message.ts';
export type * from './object/proxy.ts';
export type * from './object/resource.ts';
export * from './object/table.ts';
export type * from './object/types.ts';
