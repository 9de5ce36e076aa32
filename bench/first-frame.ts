// A client that shows one frame and prints when it was on the screen, in nanoseconds of CLOCK_MONOTONIC.
import { connect } from '../client-sdk/index.ts';

const client = await connect();
const window = await client.createWindow({ title: 'first frame', size: { width: 320, height: 240 } });
const frame = await window.nextFrame();
(await frame.map()).pixels.fill(0xff204060);
const feedback = await frame.presentWithFeedback();
if (feedback.kind !== 'presented') throw new Error('the first frame was not presented');
console.log(String(feedback.time));
await client.close();
