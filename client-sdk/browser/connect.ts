import { connectWebSocket } from '../../protocol/transport/websocket-client.ts';
import { type Client, connectOver } from '../core/client.ts';

/** Connects to a server's `ws://` address. Pixels are copied through the connection. */
export async function connect(url: string): Promise<Client> {
  return connectOver(await connectWebSocket(url));
}
