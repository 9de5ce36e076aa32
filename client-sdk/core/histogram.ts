import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import { SIMKMS_HISTOGRAM_OVERFLOW, simkms_histogram_record } from '../../protocol/uapi/simkms.ts';
import type { Client } from './client.ts';
import type { WaitOptions } from './options.ts';
import type { Output } from './outputs.ts';

/** What an output's display counted in one frame. */
export interface HistogramRecord {
  /** The vblank at which the frame's scan began, and its CLOCK_MONOTONIC nanoseconds. */
  readonly sequence: bigint;
  readonly time: bigint;
  /** Pixels that were counted. */
  readonly pixels: bigint;
  /** How many pixels had their largest channel in each bin, dark to bright. */
  readonly bins: Uint32Array;
  /** A counter reached its maximum and stayed there. */
  readonly overflow: boolean;
}

/** The output is gone, or its display has no histogram. */
export class NoHistogram extends Error {
  override readonly name = 'NoHistogram';
}

/**
 * The histogram of an output, counted by the display as it scans (fencepost_histogram_v1).
 *
 *     const histogram = new Histogram(client, client.outputs.find());
 *     const { bins } = await histogram.next();
 */
export class Histogram implements Disposable {
  readonly #client: Client;
  readonly #output: string;
  readonly #proxy: ObjectProxy<'fencepost_histogram_v1'>;

  constructor(client: Client, output: Output) {
    this.#client = client;
    this.#output = output.name;
    this.#proxy = client.shared('fencepost_histogram_manager_v1').get_histogram(output.proxy);
  }

  /**
   * The next frame that the output shows; the first call is answered at once. One call at a time, and one that was given up
   * is still under way: make another object instead of calling again.
   */
  next(options?: WaitOptions): Promise<HistogramRecord> {
    return this.#client.until<HistogramRecord>(
      {
        start: (resolve, reject) => {
          const listener = this.#proxy.listen({
            record: bytes => {
              listener[Symbol.dispose]();
              if (bytes.length >= simkms_histogram_record.size) resolve(readRecord(bytes));
              else
                reject(new NoHistogram(`the record of ${this.#output} has ${bytes.length} bytes: too few`));
            },
            stopped: () => {
              listener[Symbol.dispose]();
              reject(new NoHistogram(`${this.#output} is gone, or its display has no histogram`));
            },
          });
          this.#proxy.next();
          return () => listener[Symbol.dispose]();
        },
        explain: () => ({
          waitedFor: `a histogram of ${this.#output}`,
          holders: ['the output has shown no new frame'],
        }),
      },
      options,
    );
  }

  [Symbol.dispose](): void {
    if (this.#client.error === null && !this.#proxy.destroyed) this.#proxy.destroy();
  }
}

function readRecord(bytes: Uint8Array): HistogramRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { sequence, time_ns, pixels, bins, bin_count, flags } = simkms_histogram_record.read(view, 0);
  return {
    sequence,
    time: time_ns,
    pixels,
    bins: Uint32Array.from(bins.slice(0, bin_count)),
    overflow: (flags & SIMKMS_HISTOGRAM_OVERFLOW) !== 0,
  };
}
