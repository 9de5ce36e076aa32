import type { ObjectProxy } from '../../protocol/object/proxy.ts';
import {
  HDMI_EOTF_BT_2100_HLG,
  HDMI_EOTF_SMPTE_ST2084,
  HDMI_EOTF_TRADITIONAL_GAMMA_HDR,
  HDMI_EOTF_TRADITIONAL_GAMMA_SDR,
  HDMI_STATIC_METADATA_TYPE1,
  hdr_output_metadata,
} from '../../protocol/uapi/drm-mode.ts';
import { F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_WRITE } from '../../protocol/uapi/fcntl.ts';
import type { Client } from './client.ts';

/** CIE 1931 coordinates, 0 to 1. */
export interface Chromaticity {
  readonly x: number;
  readonly y: number;
}

/** What a monitor is told of HDR content (CTA-861-G, static metadata type 1). What is left out counts as unknown. */
export interface HdrMetadata {
  /** How code values become light: PQ is SMPTE ST 2084, HLG is BT.2100's hybrid log-gamma. */
  readonly eotf: 'sdr' | 'gamma-hdr' | 'pq' | 'hlg';
  /** Of the display on which the content was mastered. */
  readonly primaries?: readonly [Chromaticity, Chromaticity, Chromaticity];
  readonly whitePoint?: Chromaticity;
  /** Of that display, in cd/m2, whole numbers up to 65535. */
  readonly maxLuminance?: number;
  /** In cd/m2, in steps of 0.0001 up to 6.5535. */
  readonly minLuminance?: number;
  /** The brightest pixel of the content, in cd/m2. */
  readonly maxCll?: number;
  /** The brightest frame of the content, the average of its pixels, in cd/m2. */
  readonly maxFall?: number;
}

const EOTF = {
  sdr: HDMI_EOTF_TRADITIONAL_GAMMA_SDR,
  'gamma-hdr': HDMI_EOTF_TRADITIONAL_GAMMA_HDR,
  pq: HDMI_EOTF_SMPTE_ST2084,
  hlg: HDMI_EOTF_BT_2100_HLG,
} as const;
const UNKNOWN: Chromaticity = { x: 0, y: 0 };

/** Up to here records travel one by one: a copy costs less than a mapping (`npm run bench -- metadata`). */
const VALUES_LIMIT = 64 << 10;

/** Throws a RangeError for a number that the record cannot hold. */
function whole(value: number, what: string): number {
  const rounded = Math.round(value);
  if (rounded >= 0 && rounded <= 0xffff) return rounded;
  throw new RangeError(`${what} is stored as ${rounded}; 0 to 65535 is possible`);
}

const coordinates = ({ x, y }: Chromaticity) => ({
  x: whole(x * 50_000, 'a chromaticity'),
  y: whole(y * 50_000, 'a chromaticity'),
});

/** The kernel's `hdr_output_metadata`. Throws a RangeError. */
export function encodeHdrMetadata(metadata: HdrMetadata): Uint8Array {
  const bytes = new Uint8Array(hdr_output_metadata.size);
  hdr_output_metadata.write(new DataView(bytes.buffer), 0, {
    metadata_type: HDMI_STATIC_METADATA_TYPE1,
    hdmi_metadata_type1: {
      eotf: EOTF[metadata.eotf],
      metadata_type: HDMI_STATIC_METADATA_TYPE1,
      display_primaries: (metadata.primaries ?? [UNKNOWN, UNKNOWN, UNKNOWN]).map(coordinates),
      white_point: coordinates(metadata.whitePoint ?? UNKNOWN),
      max_display_mastering_luminance: whole(metadata.maxLuminance ?? 0, 'maxLuminance'),
      min_display_mastering_luminance: whole((metadata.minLuminance ?? 0) * 10_000, 'minLuminance'),
      max_cll: whole(metadata.maxCll ?? 0, 'maxCll'),
      max_fall: whole(metadata.maxFall ?? 0, 'maxFall'),
    },
  });
  return bytes;
}

/** One record of an `HdrMetadataTable`. */
export class HdrRecord {
  readonly source:
    | { readonly kind: 'value'; readonly bytes: Uint8Array }
    | {
        readonly kind: 'table';
        readonly table: ObjectProxy<'fencepost_metadata_table_v1'>;
        readonly offset: number;
      };

  /** See `HdrMetadataTable.at`. */
  constructor(source: HdrRecord['source']) {
    this.source = source;
  }
}

/**
 * The metadata of a whole film, handed over once: frame by frame, only a number travels. It goes in a memfd of the
 * client's Task that is sealed for good before it is sent; so few that values are cheaper are sent as values.
 *
 *     const table = await HdrMetadataTable.create(client, records);
 *     frame.present({ hdrMetadata: table.at(shot) });
 */
export class HdrMetadataTable implements Disposable {
  readonly length: number;
  readonly #records: readonly HdrRecord[];
  readonly #table: ObjectProxy<'fencepost_metadata_table_v1'> | null;

  private constructor(
    records: readonly HdrRecord[],
    table: ObjectProxy<'fencepost_metadata_table_v1'> | null,
  ) {
    this.length = records.length;
    this.#records = records;
    this.#table = table;
  }

  /** Throws `MissingGlobal`, a RangeError for a record that cannot be stored, or a `KernelCallError`. */
  static async create(client: Client, metadata: readonly HdrMetadata[]): Promise<HdrMetadataTable> {
    const { size } = hdr_output_metadata;
    const manager = client.shared('fencepost_metadata_manager_v1');
    const values = metadata.map(encodeHdrMetadata);
    if (values.length * size <= VALUES_LIMIT)
      return new HdrMetadataTable(
        values.map(bytes => new HdrRecord({ kind: 'value', bytes })),
        null,
      );
    const fd = await sealedMemfd(client, values, size);
    const table = manager.create_table({ kind: 'task', fd }, values.length * size);
    client.kernel.discard(fd);
    const records = values.map((_, at) => new HdrRecord({ kind: 'table', table, offset: at * size }));
    return new HdrMetadataTable(records, table);
  }

  /** Throws a RangeError for an index that there is not. */
  at(index: number): HdrRecord {
    const record = this.#records[index];
    if (!record) throw new RangeError(`record ${index} of a table of ${this.length}`);
    return record;
  }

  /** Frames that were presented keep theirs. */
  [Symbol.dispose](): void {
    if (this.#table && !this.#table.destroyed) this.#table.destroy();
  }
}

async function sealedMemfd({ kernel }: Client, values: readonly Uint8Array[], size: number): Promise<number> {
  const bytes = new Uint8Array(values.length * size);
  for (const [at, value] of values.entries()) bytes.set(value, at * size);
  const fd = await kernel.memfdCreate('hdr-metadata');
  try {
    await kernel.truncate(fd, bytes.length);
    await kernel.pwrite(fd, bytes, 0);
    await kernel.addSeals(fd, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    return fd;
  } catch (error) {
    kernel.discard(fd);
    throw error;
  }
}

/** The metadata of one surface. */
export class SurfaceHdrMetadata implements Disposable {
  readonly #proxy: ObjectProxy<'fencepost_surface_metadata_v1'>;

  /** Throws `MissingGlobal`. */
  constructor(client: Client, surface: ObjectProxy<'wl_surface'>) {
    this.#proxy = client.shared('fencepost_metadata_manager_v1').get_surface_metadata(surface);
  }

  /** For the next commit and those after it; null: the content is SDR. Throws a RangeError. */
  set(metadata: HdrMetadata | HdrRecord | null): void {
    if (metadata === null) this.#proxy.unset_hdr();
    else if (!(metadata instanceof HdrRecord)) this.#proxy.set_hdr(encodeHdrMetadata(metadata));
    else if (metadata.source.kind === 'value') this.#proxy.set_hdr(metadata.source.bytes);
    else this.#proxy.set_hdr_from_table(metadata.source.table, metadata.source.offset);
  }

  [Symbol.dispose](): void {
    if (!this.#proxy.destroyed) this.#proxy.destroy();
  }
}
