// The viewer of a session: a client in this process, there while somebody looks.
import { fileURLToPath } from 'node:url';
import { loadLibc } from '../../protocol/host/libc.ts';
import { connectInProcess } from '../../protocol/transport/in-process.ts';
import type { Connected } from '../../viewer/server/studio.ts';
import type { Viewer } from '../../viewer/server/viewer.ts';
import { clipboardFiles } from '../clipboard-files.ts';
import type { Compositor } from '../compositor.ts';
import { localMemoryOf } from '../local-memory.ts';
import type { Capability } from '../server/index.ts';
import { listening } from './listening.ts';
import type { WebSocketAddress } from './websocket-option.ts';

/** What a person at a screen can do, and what the side panel tells. */
const CAPABILITIES: readonly Capability[] = [
  'capture',
  'clipboard',
  'input',
  'kernel-calls',
  'observation',
  'test-control',
];

/** The page is always a built one, even where TypeScript runs as it is. */
const built = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/viewer' : '../../viewer',
  import.meta.url,
);

const DEFAULT_ADDRESS: WebSocketAddress = { host: '127.0.0.1', port: 0 };

/** Rejects when nobody may listen there. */
export async function openViewer(
  compositor: Compositor,
  address: WebSocketAddress = DEFAULT_ADDRESS,
): Promise<Viewer> {
  const { Viewer } = await import('../../viewer/server/viewer.ts');
  return listening('--viewer', address, () =>
    Viewer.open({
      ...address,
      directory: fileURLToPath(built),
      connect: () => connectViewer(compositor),
      warn: error => console.error(`the viewer could not connect: ${error.message}`),
    }),
  );
}

async function connectViewer({ machine, server, kernel }: Compositor): Promise<Connected> {
  // A session starts faster without a client's modules.
  const { connectOver } = await import('../../client-sdk/core/index.ts');
  const [here, there] = connectInProcess({
    name: 'viewer',
    post: (label, run) => machine.post(label, run),
    ...(kernel.host ? { descriptors: kernel.host } : {}),
  });
  const { task } = server.accept(there, { name: 'viewer', capabilities: CAPABILITIES });
  const client = await connectOver(here, { localMemory: localMemoryOf(task) });
  const { libc } = loadLibc();
  return { client, files: libc && kernel.host ? clipboardFiles(libc, task) : null };
}
