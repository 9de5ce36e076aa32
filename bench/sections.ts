import type { Figure, Section } from './figure.ts';
import { frameFigures } from './frames.bench.ts';
import { inputFigures } from './input.bench.ts';
import { kernelFigures } from './kernel.bench.ts';
import { metadataFigures } from './metadata.bench.ts';
import { pixelFigures } from './pixels.bench.ts';
import { programFigures } from './programs.bench.ts';
import { startupFigures } from './startup.bench.ts';
import { viewerFigures } from './viewer.bench.ts';
import { wireFigures } from './wire.bench.ts';

const MILLISECOND = 1e6;

function pixels(): Figure[] {
  return pixelFigures().map(({ name, medianNs, ratioTo, ratio }) => ({
    name,
    value: medianNs / MILLISECOND,
    unit: 'ms',
    ...(ratioTo !== undefined && { base: ratioTo }),
    ...(ratio !== undefined && { ratio }),
  }));
}

/** By the name that the command line takes. */
export const sections: Record<string, Section> = {
  pixels: {
    title: 'Pixel kernels',
    how: 'Each operation on 1920x1080 pixels, on one thread, all of them in turn, 15 times. The base moves the same bytes with one `memory.copy`.',
    measure: pixels,
  },
  wires: {
    title: 'Wires',
    how: 'Client and server in one process, so that a figure holds the work of both. A round trip is a request and an event; requests are one way, 100 in each turn of the event loop. The bases send and echo the same bytes over a `node:net` Unix socket, and run an empty loop.',
    measure: wireFigures,
  },
  metadata: {
    title: 'Metadata',
    how: 'System calls of one process, 25 rounds. A table is a sealed memfd: taken, its last record of 32 bytes read, and given back. A carrier is made with its content, given to another process, and given back by both. "Real memfds": of the host, as in a compositor that serves other processes.',
    measure: metadataFigures,
  },
  kernel: {
    title: 'Kernel objects',
    how: 'A kernel in virtual time, 15 rounds, all of them in turn. "Raw" is the call with its argument laid out in the memory of the process, as a C program has it; elsewhere the argument is an object that the call lays out and reads back. A thousand other objects live beside the one of the Map. Memory is what is left of the heap after a collection. "Each fence" is a part of what so many of them cost together: 1 is linear, less has a part that does not grow.',
    measure: kernelFigures,
  },
  frames: {
    title: 'Frames',
    how: 'A compositor in a process of its own, with one display of 1920x1080 at 60 Hz; clients in other processes, up to 34 in each, that commit a buffer right after each frame callback, 120 times after 120 that do not count. The flip is the time stamp in the presentation feedback; a release is when the client has it and its fence has signalled (`shm`: wl_buffer.release; `dmabuf`: release fences of zwp_linux_explicit_synchronization_v1). CPU time is that of all threads of the compositor, divided by the vblanks that showed something new.',
    measure: frameFigures,
  },
  programs: {
    title: 'Programs',
    how: 'Copies of `weston-simple-shm`, an unmodified program that draws 250x250 pixels for each frame callback, on a display of 1920x1080 at 60 Hz: 900 frames of each that do not count, by when V8 has compiled what runs, then 180 that do. CPU time is that of all threads of the server. The base is `weston --backend=headless-backend.so --use-pixman` with the same programs; empty where they are not installed.',
    measure: programFigures,
  },
  input: {
    title: 'Input to photon',
    how: 'From an event that enters the compositor until the time stamp of the vblank that shows what the client made of it: another colour. Virtual time: a key, 32 times at phases spread over a refresh, answered by a client that works in no time; the screen is read to be sure. Real time: a button of a virtual pointer, 120 times after 60 that do not count, from another process that answers it too; the time of all processes and sockets is in it.',
    measure: inputFigures,
  },
  viewer: {
    title: 'Viewer',
    how: 'A compositor with a display of 1280x720 at 60 Hz and a client of 320x200 that commits for each frame callback, 240 times after 120 that do not count: without the viewer, with one that nobody looks at, and with a page (a WebSocket client in another process) that acknowledges every picture. CPU time is that of all threads of the compositor, divided by the vblanks that showed something new.',
    measure: viewerFigures,
  },
  startup: {
    title: 'Start-up',
    how: 'Processes started one after the other, 5 times: `fencepost serve`, and when it listens a client that shows one frame. The end is the time stamp of the vblank in its presentation feedback. The base is a Node that does nothing.',
    measure: startupFigures,
  },
};
