// Every interface this tree knows, by name: where a table names another interface, it is found here.
import * as wayland from './wayland.ts';
import * as shm from './wayland-shm.ts';

export const interfaces = { ...wayland, ...shm } as const;

export type Interfaces = typeof interfaces;
