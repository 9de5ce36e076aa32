/** Bytes that wait to be sent, in one buffer that grows with them and shrinks when they are gone. */
export class OutputQueue {
  #buffer = new Uint8Array(INITIAL);
  #start = 0;
  #end = 0;
  #consumed = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Position of the first waiting byte in all that was ever appended. */
  get position(): number {
    return this.#consumed;
  }

  /** The memory that the waiting bytes are in, from `offset` on. Changes with every call of another method. */
  get buffer(): Uint8Array {
    return this.#buffer;
  }

  get offset(): number {
    return this.#start;
  }

  append(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Forgets the first bytes: they are sent. */
  consume(bytes: number): void {
    this.#start += bytes;
    this.#consumed += bytes;
    if (this.#start < this.#end) return;
    this.#start = 0;
    this.#end = 0;
    if (this.#buffer.length > KEPT) this.#buffer = new Uint8Array(INITIAL);
  }

  /** The waiting bytes, which belong to the caller from now on. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#buffer.subarray(this.#start, this.#end);
    this.#consumed += bytes.length;
    this.#buffer = new Uint8Array(INITIAL);
    this.#start = 0;
    this.#end = 0;
    return bytes;
  }

  #makeRoom(bytes: number): void {
    const needed = this.length + bytes;
    const from = this.#buffer.subarray(this.#start, this.#end);
    if (2 * needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(2 * this.#buffer.length, needed));
      larger.set(from);
      this.#buffer = larger;
    } else {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    }
    this.#end = this.length;
    this.#start = 0;
  }
}

const INITIAL = 4 << 10;
/** A buffer that grew beyond this is given back when it is empty. */
const KEPT = 256 << 10;
