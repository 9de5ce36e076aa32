// What the commands that ask a running compositor have in common.
import type { Client } from '../../client-sdk/index.ts';
import { displayPath } from '../../protocol/transport/paths.ts';

/** How long the compositor may take to answer, in milliseconds. */
export const PATIENCE = 10_000;

/** Connects, asks, and closes the connection whatever becomes of the question. */
export async function withClient<T>(
  display: string | undefined,
  ask: (client: Client) => Promise<T>,
): Promise<T> {
  // A server starts faster without a client's modules.
  const { connect } = await import('../../client-sdk/index.ts');
  // Never whatever desktop WAYLAND_DISPLAY stands for: what these commands ask is only here.
  const place = display ?? (process.env['FENCEPOST_DISPLAY'] || displayPath());
  const client = await connect({ timeout: PATIENCE, display: place });
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}
