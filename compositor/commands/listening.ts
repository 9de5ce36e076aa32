import type { WebSocketAddress } from './websocket-option.ts';

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there',
  EACCES: "this user may not listen there (ports below 1024 are root's)",
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such name',
};

/** Opens what listens at an address of the command line; where that fails, the words say which option asked, and what to do. */
export async function listening<Opened>(
  option: string,
  { host, port }: WebSocketAddress,
  open: () => Promise<Opened>,
): Promise<Opened> {
  try {
    return await open();
  } catch (cause) {
    const why = WHY[(cause as NodeJS.ErrnoException).code ?? ''];
    if (!why) throw cause;
    throw new Error(`${option} cannot listen at ${host}:${port}: ${why}; port 0 is any free one`, { cause });
  }
}
