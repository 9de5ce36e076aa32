import { connectWebSocket } from '../../protocol/transport/websocket-client.ts';
import { type Client, connectionWithin, connectOver } from '../core/client.ts';
import type { WaitOptions } from '../core/options.ts';

/** Connects to a server's `ws://` address. Pixels are copied through the connection. */
export async function connect(url: string, limits?: WaitOptions): Promise<Client> {
  return connectOver(await connectionWithin(connectWebSocket(url), url, limits), {}, limits);
}
