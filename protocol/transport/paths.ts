import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The display's name where nobody says another. */
const DEFAULT_DISPLAY = 'fencepost-0';

/** How many names are tried before a server gives up. */
const NAMES = 33;

type Environment = Readonly<Record<string, string | undefined>>;

/** Where sockets go. */
export interface RuntimeDirectory {
  readonly path: string;
  /** True when `XDG_RUNTIME_DIR` is unset and the directory was made for this process (mode 0700): say so. */
  readonly made: boolean;
}

/** `XDG_RUNTIME_DIR`; null where it is unset, empty or no absolute path, all of which the XDG specification has ignored. */
export function givenRuntimeDirectory(environment: Environment = process.env): string | null {
  const path = environment['XDG_RUNTIME_DIR'];
  return path !== undefined && isAbsolute(path) ? path : null;
}

/** `XDG_RUNTIME_DIR`, or a new private directory where that is unset. */
export function runtimeDirectory(environment: Environment = process.env): RuntimeDirectory {
  const path = givenRuntimeDirectory(environment);
  if (path !== null) return { path, made: false };
  return { path: mkdtempSync(join(tmpdir(), 'fencepost-')), made: true };
}

/**
 * The socket that a client connects to: `name`, else `FENCEPOST_DISPLAY`, else `fencepost-0`; an absolute path, or a name
 * under `XDG_RUNTIME_DIR`. Throws where a name has no directory to be in.
 */
export function displayPath(name?: string, environment: Environment = process.env): string {
  const display = name ?? (environment['FENCEPOST_DISPLAY'] || DEFAULT_DISPLAY);
  if (isAbsolute(display)) return display;
  const directory = givenRuntimeDirectory(environment);
  if (directory === null)
    throw new Error(
      `XDG_RUNTIME_DIR is not set, so ${display} names no socket: set FENCEPOST_DISPLAY to the path that the server printed`,
    );
  return join(directory, display);
}

/** The paths that a server tries in turn: `fencepost-0`, `fencepost-1` and so on in a directory. */
export function candidatePaths(directory: string): string[] {
  return numbered(directory, 'fencepost', 0);
}

/** The same for Wayland: from `wayland-1` on, as libwayland does, because many programs take `wayland-0` for granted. */
export function waylandCandidatePaths(directory: string): string[] {
  return numbered(directory, 'wayland', 1);
}

const numbered = (directory: string, name: string, first: number): string[] =>
  Array.from({ length: NAMES }, (_, index) => join(directory, `${name}-${first + index}`));
