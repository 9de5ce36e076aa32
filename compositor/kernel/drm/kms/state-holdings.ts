import type { AtomicState } from './atomic-state.ts';
import type { ConnectorState } from './connector.ts';
import type { CrtcState } from './crtc.ts';
import type { Framebuffer } from './framebuffer.ts';
import type { PlaneState } from './plane.ts';

/** What states keep alive and pinned: each state its own reference, from before it is current until it is cleaned up. */

interface Referred {
  get(): unknown;
  put(): void;
}

interface Held {
  readonly references: (Referred | null)[];
  readonly pinned: (Framebuffer | null)[];
}

const ofPlane = ({ fb, damage }: PlaneState): Held => ({ references: [fb, damage], pinned: [fb] });
const ofCrtc = ({ modeBlob, gammaLut, histogramMemory }: CrtcState): Held => ({
  references: [modeBlob, gammaLut, histogramMemory],
  pinned: [],
});
const ofConnector = ({ writeback, hdrMetadata }: ConnectorState): Held => {
  const fb = writeback?.fb ?? null;
  return { references: [fb, hdrMetadata], pinned: [fb] };
};

function collect(state: AtomicState, which: 'old' | 'draft'): Held[] {
  return [
    ...[...state.planes.values()].map(change => ofPlane(change[which])),
    ...[...state.crtcs.values()].map(change => ofCrtc(change[which])),
    ...[...state.connectors.values()].map(change => ofConnector(change[which])),
  ];
}

/** Takes the references and pins of all new states; ENOMEM, and nothing is taken. */
export function holdNew(state: AtomicState): void {
  const pinned: Framebuffer[] = [];
  const held = collect(state, 'draft');
  try {
    for (const fb of held.flatMap(each => each.pinned)) {
      if (!fb) continue;
      fb.pin();
      pinned.push(fb);
    }
  } catch (error) {
    for (const fb of pinned) fb.unpin();
    throw error;
  }
  for (const reference of held.flatMap(each => each.references)) reference?.get();
}

function release(held: Held[]): void {
  for (const fb of held.flatMap(each => each.pinned)) fb?.unpin();
  for (const reference of held.flatMap(each => each.references)) reference?.put();
}

/** The proposal failed after `holdNew`. */
export const releaseNew = (state: AtomicState): void => release(collect(state, 'draft'));

/** The proposal is on the screen: what it replaced is given back. */
export const releaseOld = (state: AtomicState): void => release(collect(state, 'old'));
