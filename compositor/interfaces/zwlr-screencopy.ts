// zwlr_screencopy_manager_v1: pictures of an output or a part of it.
import type { Resource } from '../../protocol/object/resource.ts';
import type { Nanoseconds } from '../machine/machine.ts';
import type { Output, OutputInfo } from '../scene/outputs.ts';
import { intersectRects, type Rect, rectsEqual } from '../scene/region.ts';
import type { Caller } from './context.ts';
import { ScreencopyFrame } from './zwlr-screencopy-frame.ts';

/** What a client had of an output when it last copied with damage. */
interface LastCopy {
  readonly region: Rect | null;
  readonly time: Nanoseconds;
}

export class Screencopy {
  readonly caller: Caller;
  readonly #copies = new WeakMap<Output, LastCopy>();

  constructor(caller: Caller, resource: Resource<'zwlr_screencopy_manager_v1'>) {
    this.caller = caller;
    const { outputs } = caller.context;
    resource.setHandlers({
      capture_output: (_, frame, cursor, output) =>
        void new ScreencopyFrame(this, frame, {
          output: outputs.get(output),
          region: null,
          paintCursors: cursor !== 0,
        }),
      capture_output_region: (_, frame, cursor, target, x, y, width, height) => {
        const output = outputs.get(target);
        const region = devicePixels(output.info, { x, y, width, height });
        void new ScreencopyFrame(this, frame, { output, region, paintCursors: cursor !== 0 });
      },
      destroy: () => {},
    });
  }

  /** When the client last copied this part with damage; null if it was another part, or none. */
  lastCopy(output: Output, region: Rect | null): Nanoseconds | null {
    const last = this.#copies.get(output);
    if (!last) return null;
    const same = region && last.region ? rectsEqual(region, last.region) : region === last.region;
    return same ? last.time : null;
  }

  copied(output: Output, region: Rect | null, time: Nanoseconds): void {
    this.#copies.set(output, { region, time });
  }
}

const NOTHING: Rect = { x: 0, y: 0, width: 0, height: 0 };

/** A part of an output, given in its logical pixels, rounded outwards and cut off at its edges; empty outside of it. */
function devicePixels({ scale, mode }: OutputInfo, part: Rect): Rect {
  if (part.width <= 0 || part.height <= 0) return NOTHING;
  const x = Math.floor(part.x * scale);
  const y = Math.floor(part.y * scale);
  const rect = {
    x,
    y,
    width: Math.ceil((part.x + part.width) * scale) - x,
    height: Math.ceil((part.y + part.height) * scale) - y,
  };
  return intersectRects(rect, { x: 0, y: 0, ...mode }) ?? NOTHING;
}
