import { InvalidArgumentError } from 'commander';

export interface WebSocketAddress {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:8080`, `[::1]:0` or a port alone; port 0 chooses a free one. Throws commander's InvalidArgumentError. */
export function parseWebSocketAddress(text: string): WebSocketAddress {
  const match = /^(?:(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+):)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  if (!match || port > 65535)
    throw new InvalidArgumentError('expected HOST:PORT, for example 127.0.0.1:8080');
  return { host: (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
}
