// `viewer-page.js ADDRESS`: looks at the outputs as the viewer's page does, acknowledging every picture. Says `ready` with the
// first one, and how many came so far for each line of input; stays until its input ends.
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { readHeader } from '../viewer/stream/frame.ts';
import { type PageMessage, SESSION_PATH, STREAM_PATH, SUBPROTOCOL } from '../viewer/stream/messages.ts';

const address = new URL(process.argv[2] ?? '');
const { origin, host } = address;

const answer = await fetch(new URL(SESSION_PATH, address), {
  method: 'POST',
  headers: { authorization: `Bearer ${address.searchParams.get('token')}`, origin },
});
if (!answer.ok) throw new Error(`the viewer answered ${answer.status}`);

const socket = new WebSocket(`ws://${host}${STREAM_PATH}`, [SUBPROTOCOL, await answer.text()], {
  headers: { origin },
});
const say = (message: PageMessage): void => socket.send(JSON.stringify(message));
let pictures = 0;
socket.on('open', () => say({ type: 'watch', pictures: true, snapshots: false }));
socket.on('message', (data: Buffer, isBinary: boolean) => {
  if (!isBinary) return;
  const { output, sequence } = readHeader(data);
  say({ type: 'ack', output, sequence });
  if (pictures++ === 0) console.log('ready');
});
for await (const _ of createInterface({ input: process.stdin })) console.log(pictures);
process.exit(0);
