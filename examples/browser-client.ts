// Serves the page of a client that runs in a browser. The page is of this machine, so the server lets it connect; its
// modules are those of the build, as they are.
import { createReadStream, existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..');
const root = join(dist, '..');
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.html': 'text/html; charset=utf-8',
};

const HELP = `Serves a page that is a client, at a loopback address.

  --port N        the port of the page (0: a free one)
  --display URL   the server's ws:// address; by default FENCEPOST_WEBSOCKET, which \`fencepost run --websocket\` sets
  --help          show this`;

/** The file behind a path: the page, the build, and the one package that the page imports. */
function fileOf(path: string): string | null {
  const safe = normalize(decodeURIComponent(path));
  if (safe === '/') return join(root, 'examples', 'browser', 'index.html');
  if (safe.startsWith('/node_modules/msgpackr/')) return join(root, safe);
  const served = ['/client-sdk/', '/protocol/', '/examples/browser/'];
  return served.some(folder => safe.startsWith(folder)) ? join(dist, safe) : null;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const file = fileOf(new URL(request.url ?? '/', 'http://localhost').pathname);
  const type = TYPES[extname(file ?? '')];
  if (request.method !== 'GET' || !file || !type || !existsSync(file)) {
    response.writeHead(404).end('not found');
    return;
  }
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' });
  createReadStream(file).pipe(response);
}

function readOptions() {
  const options = {
    port: { type: 'string' },
    display: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

const values = readOptions();

if (values.help) {
  console.log(HELP);
} else {
  const display = values.display ?? process.env['FENCEPOST_WEBSOCKET'] ?? '';
  const server = createServer(answer).listen(Number(values.port ?? 0), '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    const query = display ? `?display=${encodeURIComponent(display)}` : '?display=ws://...';
    console.log(`open http://127.0.0.1:${port}/${query}`);
  });
}
