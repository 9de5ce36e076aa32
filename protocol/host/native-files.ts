import * as files from './files.ts';
import type { HostFiles } from './host-files.ts';
import { type Libc, loadLibc } from './libc.ts';
import { mapFixed, unmapFixed } from './mapping.ts';
import { NativeStreams } from './native-streams.ts';
import { mappingFault } from './self-test.ts';

/** The host's files, or `null` where native calls cannot be made (`loadLibc` says why). */
export function openHostFiles(): HostFiles | null {
  const { libc } = loadLibc();
  return libc === null ? null : new NativeHostFiles(libc);
}

class NativeHostFiles implements HostFiles {
  readonly #libc: Libc;
  readonly #open = new Set<number>();
  readonly cannotMapReason: string;
  readonly pageBytes: number;
  readonly streams: NativeStreams;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.pageBytes = libc.getpagesize();
    this.cannotMapReason = mappingFault(libc);
    this.streams = new NativeStreams(libc);
  }

  get canMap(): boolean {
    return this.cannotMapReason === '';
  }

  get open(): number {
    return this.#open.size;
  }

  memfd(name: string, bytes: number): number {
    return this.#opened(files.memfdCreate(this.#libc, name, bytes));
  }

  size(fd: number): number {
    return files.sizeOf(fd);
  }

  seals(fd: number): number | null {
    return files.getSeals(this.#libc, fd);
  }

  addSeals(fd: number, seals: number): void {
    files.addSeals(this.#libc, fd, seals);
  }

  truncate(fd: number, bytes: number): void {
    files.truncate(this.#libc, fd, bytes);
  }

  punch(fd: number, offset: number, bytes: number): void {
    files.punch(this.#libc, fd, offset, bytes);
  }

  nextRange(fd: number, offset: number, kind: 'data' | 'hole'): number | null {
    return files.nextRange(this.#libc, fd, offset, kind);
  }

  pread(fd: number, target: Uint8Array, offset: number): number {
    return files.preadFully(this.#libc, fd, target, offset);
  }

  pwrite(fd: number, source: Uint8Array, offset: number): number {
    return files.pwriteFully(this.#libc, fd, source, offset);
  }

  mapFixed(memory: WebAssembly.Memory, address: number, length: number, fd: number, offset: number): void {
    mapFixed(this.#libc, memory, address, length, fd, offset);
  }

  unmapFixed(memory: WebAssembly.Memory, address: number, length: number): void {
    unmapFixed(this.#libc, memory, address, length);
  }

  dup(fd: number): number {
    return this.#opened(files.duplicate(this.#libc, fd));
  }

  adopt(fd: number): void {
    this.#open.add(fd);
  }

  close(fd: number): void {
    files.closeDescriptor(this.#libc, fd);
    this.#open.delete(fd);
  }

  #opened(fd: number): number {
    this.#open.add(fd);
    return fd;
  }
}
