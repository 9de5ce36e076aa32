import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { connectUnix } from '../../protocol/transport/unix.ts';
import { openSockets } from './sockets.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fencepost-sockets-'));
  vi.stubEnv('XDG_RUNTIME_DIR', directory);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

const open = (options: { socket?: string; connected?: () => void } = {}) =>
  openSockets(
    { accept: connection => connection.close() as never },
    { wayland: false, warn: () => {}, ...options },
  );

it.each([
  ['by default', () => undefined, 'fencepost-0'],
  ['a name', () => 'mine', 'mine'],
  ['a path', () => join(directory, 'there'), 'there'],
  ['a relative path', () => `./${relative(process.cwd(), directory)}/near`, 'near'],
])('listens where clients look: %s', async (_, socket, name) => {
  const path = socket();
  const sockets = await open(path === undefined ? {} : { socket: path });
  expect(sockets.display).toBe(join(directory, name));
  expect(existsSync(sockets.display)).toBe(true);
  sockets[Symbol.dispose]();
  expect(readdirSync(directory)).toEqual([]);
});

it('tells of connections', async () => {
  const connected = vi.fn();
  const sockets = await open({ connected });
  const connection = await connectUnix(sockets.display);
  await vi.waitFor(() => expect(connected).toHaveBeenCalledTimes(1));
  connection.close();
  sockets[Symbol.dispose]();
});

it('makes a private directory where there is none, and takes it away', async () => {
  vi.stubEnv('XDG_RUNTIME_DIR', undefined);
  const sockets = await open();
  expect(sockets.lines.join()).toContain('XDG_RUNTIME_DIR is not set');
  sockets[Symbol.dispose]();
  expect(existsSync(join(sockets.display, '..'))).toBe(false);
});

it('says which directory is missing', async () => {
  await expect(open({ socket: '/nonexistent/socket' })).rejects.toThrow('cannot listen in /nonexistent:');
  vi.stubEnv('XDG_RUNTIME_DIR', '/nonexistent');
  await expect(open()).rejects.toThrow('cannot listen in /nonexistent:');
});
