import type { Probe } from '../probe.ts';
import { type Syncobjs, WAIT_AVAILABLE, WAIT_FOR_SUBMIT } from './syncobj-calls.ts';

/** TRANSFER between points of timelines and binary sync objects, and what it refuses. */
export function transfers(probe: Probe, objects: Syncobjs): void {
  probe.setup = 'transfer checks';
  const timeline = objects.make();
  objects.signalPoint(timeline, 5n);
  const binary = objects.make();
  const at = (point: bigint) => ({ handle: timeline, point });
  probe.call(
    'transfer.tl5-to-bin',
    'TRANSFER tl:5 -> binary',
    () => objects.transfer({ handle: binary }, at(5n)),
    () => ({ bin_wait: objects.wait([binary], 0).ret }),
  );
  const toBinary = (name: string, what: string, from: bigint, flags = 0, pad = 0): void => {
    probe.call(`transfer.${name}`, `TRANSFER ${what}`, () =>
      objects.transfer({ handle: binary }, at(from), flags, pad),
    );
  };
  toBinary('tl6-unsubmitted', 'tl:6 (not submitted) -> binary flags=0', 6n);
  toBinary('tl3-past', 'tl:3 (past, never submitted) -> binary', 3n);
  toBinary('flags-SUBMIT-timeout', 'tl:5 flags=WAIT_FOR_SUBMIT', 5n, WAIT_FOR_SUBMIT);
  toBinary('flags-1', 'flags=1', 5n, 1);
  toBinary('flags-4', 'flags=4 (AVAILABLE)', 5n, WAIT_AVAILABLE);
  probe.call('transfer.bad-src', 'TRANSFER src=999', () =>
    objects.transfer({ handle: binary }, { handle: 999, point: 5n }),
  );
  probe.call('transfer.bad-dst', 'TRANSFER dst=999', () => objects.transfer({ handle: 999 }, at(5n)));
  toBinary('pad-1', 'pad=1', 5n, 0, 1);
  const empty = objects.make();
  probe.call('transfer.empty-binary', 'TRANSFER empty binary -> tl', () =>
    objects.transfer(at(6n), { handle: empty }),
  );
  const inside = (name: string, what: string, to: bigint, from: bigint): void => {
    probe.call(
      `transfer.${name}`,
      `TRANSFER ${what}`,
      () => objects.transfer(at(to), at(from)),
      () => objects.state(timeline),
    );
  };
  inside('self', 'tl:5 -> same tl:8', 8n, 5n);
  inside('backwards', 'tl:8 -> same tl:2', 2n, 8n);
}
