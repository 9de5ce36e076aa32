// Somebody else's compositor: a program of its own that drives the display of a served kernel.
//
//     fencepost kernel serve --output 1280x720 --output 640x480
//     FENCEPOST_DISPLAY=... node dist/examples/compositor.js --lease 1
//     FENCEPOST_DISPLAY=... node dist/examples/compositor.js --ticket <what the first printed>
//
// The first has the device and lends its second output to the other. When the first dies, start another: it takes over.
import { Card, type Client, KernelCallError } from '../client-sdk/index.ts';
import { runExample, sleep } from './lib/example.ts';
import { MiniCompositor, type Output } from './lib/mini-compositor.ts';

/** Milliseconds between two tries to become master; a session manager would tell when the seat is free. */
const PATIENCE = 50;

/** The display, with the right to change it: by a lease, or once whoever has it is gone. */
async function becomeMaster(client: Client, ticket: string | undefined): Promise<Card> {
  if (ticket !== undefined) return Card.open(client, await client.kernel.receive(ticket));
  for (;;) {
    const card = await Card.open(client);
    try {
      await card.commit([], 0);
      return card;
    } catch (error) {
      if (!(error instanceof KernelCallError && error.code === 'EACCES')) throw error;
    }
    await client.kernel.close(card.fd);
    await sleep(PATIENCE);
  }
}

const nameOf = ({ mode, connector }: Output): string =>
  `connector ${connector} (${mode.hdisplay}x${mode.vdisplay})`;

await runExample({
  about: 'A compositor of its own on a kernel that is served without one (fencepost kernel serve).',
  options: {
    lease: 'lend the output with this number, from 0, and print a ticket for it',
    ticket: 'drive what another one lends',
  },
  async run({ client, frames, option }) {
    const card = await becomeMaster(client, option('ticket'));
    const compositor = await MiniCompositor.start(client, card);
    const { outputs } = compositor;
    console.log(`master of ${outputs.map(nameOf).join(', ')}`);
    const lent = outputs[Number(option('lease') ?? -1)];
    if (lent) console.log(`ticket ${await client.kernel.send(await compositor.lease(lent))}`);
    const own = outputs.filter(output => output !== lent);
    // One after the other: they share a queue of events.
    for (let frame = 0; frame < frames; frame++) for (const output of own) await compositor.run(output, 1);
    for (const output of own) console.log(`${nameOf(output)}: ${output.frames} frames`);
  },
});
