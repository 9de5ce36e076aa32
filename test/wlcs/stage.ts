// Where the suite's shim comes for display servers: one connection is one of them, each line a call, each answer a line.
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { DisplayServer } from './display-server.ts';

type Numbers = readonly number[];
type Call = (server: DisplayServer, numbers: Numbers) => void;

const CALLS: Readonly<Record<string, Call>> = {
  position: (server, [client, surface, x, y]) => server.position(client!, surface!, { x: x!, y: y! }),
  'pointer-to': (server, [x, y]) => server.pointerTo(x!, y!),
  'pointer-by': (server, [x, y]) => server.pointerBy(x!, y!),
  'button-down': (server, [code]) => server.button(code!, 'pressed'),
  'button-up': (server, [code]) => server.button(code!, 'released'),
  'touch-down': (server, [x, y]) => server.touchDown(x!, y!),
  'touch-to': (server, [x, y]) => server.touchTo(x!, y!),
  'touch-up': server => server.touchUp(),
};

/** Serves the shim at a path until disposed. */
export class Stage implements AsyncDisposable {
  readonly #server: Server;
  readonly #shows = new Set<Promise<void>>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(path: string): Promise<Stage> {
    const server = createServer();
    const stage = new Stage(server);
    server.on('connection', socket => {
      const show = serve(socket).finally(() => stage.#shows.delete(show));
      stage.#shows.add(show);
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
    return stage;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await Promise.all(this.#shows);
  }
}

/** One display server, from the connection of its shim to the end of it. */
async function serve(socket: Socket): Promise<void> {
  socket.on('error', () => {}); // The suite died; the end of its lines follows.
  const server = await DisplayServer.start();
  try {
    for await (const line of createInterface({ input: socket })) {
      const [call = '', ...words] = line.split(' ');
      socket.write(`${await answer(server, call, words.map(Number))}\n`);
    }
  } finally {
    await server.stop();
  }
}

async function answer(server: DisplayServer, call: string, numbers: Numbers): Promise<string> {
  switch (call) {
    case 'start':
      return server.socket;
    case 'extensions':
      return server.extensions.map(({ name, version }) => `${name} ${version}`).join(' ');
    case 'client':
      return String(await server.nextClient());
    case 'stop':
      return 'ok';
    default:
      CALLS[call]?.(server, numbers);
      return 'ok';
  }
}
