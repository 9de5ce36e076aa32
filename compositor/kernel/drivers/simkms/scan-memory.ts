import type { EngineImage } from '../../engine/command.ts';
import { CMD_BYTES, FORMAT_XRGB8888 } from '../../engine/layout.ts';
import type { PhysicalMemory, PhysicalRange } from '../../memory/physical-memory.ts';

/** Bands that a scan is read in. */
export const BANDS = 8;
/** Commands of a band at most: clears, background, planes, gamma, histogram, CRC, writeback. */
const BAND_COMMANDS = 16;
const GAMMA_BYTES = 768;
const HISTOGRAM_BYTES = 1024;

/**
 * The display engine's own memory for one CRTC: the picture as it leaves for the cable, tables and commands. Made with
 * the device, so that no commit can fail for want of it; pages that nobody looks through stay untouched.
 */
export class ScanMemory implements Disposable {
  readonly #range: PhysicalRange;
  readonly #memory: PhysicalMemory;
  readonly gammaAddress: number;
  readonly histogramAddress: number;
  readonly crcAddress: number;
  readonly #commands: number;
  readonly #pixels: number;

  constructor(memory: PhysicalMemory, width: number, height: number) {
    const tables = GAMMA_BYTES + HISTOGRAM_BYTES + 256;
    this.#memory = memory;
    this.#range = memory.allocate(tables + BANDS * BAND_COMMANDS * CMD_BYTES + width * height * 4);
    this.gammaAddress = this.#range.address;
    this.histogramAddress = this.gammaAddress + GAMMA_BYTES;
    this.crcAddress = this.histogramAddress + HISTOGRAM_BYTES;
    this.#commands = this.#range.address + tables;
    this.#pixels = this.#commands + BANDS * BAND_COMMANDS * CMD_BYTES;
  }

  /** The composed picture of a mode. */
  image(width: number, height: number): EngineImage {
    return { address: this.#pixels, stride: width * 4, width, height, format: FORMAT_XRGB8888 };
  }

  commandAddress(band: number): number {
    return this.#commands + band * BAND_COMMANDS * CMD_BYTES;
  }

  commandWords(band: number): Int32Array {
    const { bytes } = this.#memory;
    return new Int32Array(bytes.buffer, this.commandAddress(band), (BAND_COMMANDS * CMD_BYTES) / 4);
  }

  setGamma(table: Uint8Array): void {
    this.#memory.bytes.set(table, this.gammaAddress);
  }

  get crc(): number {
    return new DataView(this.#memory.bytes.buffer).getUint32(this.crcAddress, true);
  }

  get histogram(): Uint32Array {
    return new Uint32Array(this.#memory.bytes.buffer, this.histogramAddress, HISTOGRAM_BYTES / 4);
  }

  get bytes(): Uint8Array {
    return this.#memory.bytes;
  }

  [Symbol.dispose](): void {
    this.#range[Symbol.dispose]();
  }
}
