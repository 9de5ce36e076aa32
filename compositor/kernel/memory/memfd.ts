import {
  F_SEAL_EXEC,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  O_ACCMODE,
  O_RDONLY,
  PROT_WRITE,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
} from '../../../protocol/uapi/fcntl.ts';
import type { MappedObject } from '../task/address-space.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type { FileCall, FileOperations, FileStatus, MapRequest, UserSlice } from '../task/open-file.ts';
import type { Backing } from './backing.ts';
import { HostMemory } from './host-memory.ts';
import { MappedBacking, PrivateMapping } from './mapped-backing.ts';

const ALL_SEALS =
  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_EXEC;
const NO_WRITES = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
/** What F_SEAL_EXEC brings with it on an executable memfd. */
const EXEC_BRINGS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
const LARGEST = 2n ** 53n - 1n;

export interface MemFileOptions {
  inode: bigint;
  name: string;
  backing: Backing;
  seals: number;
  mode: number;
  /** A file that came from another process: what the host says of its seals counts, too. */
  adopted?: boolean;
}

/** A memfd (`mm/memfd.c`, `mm/shmem.c`): anonymous memory as a file, with seals on what may still be done to it. */
export class MemFile implements FileOperations {
  readonly kind = 'memfd';
  readonly name: string;
  readonly backing: Backing;
  readonly #inode: bigint;
  readonly #mode: number;
  readonly #adopted: boolean;
  #seals: number;
  /** Shared mappings that are, or may be made, writable: they keep F_SEAL_WRITE away. */
  #writableMappings = 0;

  /** Owns the backing. */
  constructor(options: MemFileOptions) {
    this.#inode = options.inode;
    this.name = options.name;
    this.backing = options.backing;
    this.#seals = options.seals;
    this.#mode = options.mode;
    this.#adopted = options.adopted ?? false;
  }

  get size(): number {
    return this.backing.size;
  }

  describe(): string {
    return `/memfd:${this.name} (deleted)`;
  }

  status(): FileStatus {
    return { inode: this.#inode, size: BigInt(this.size), mode: 0o100000 | this.#mode };
  }

  seals(): number {
    if (this.#adopted && this.backing instanceof HostMemory)
      this.#seals = this.backing.hostSeals ?? this.#seals;
    return this.#seals;
  }

  /** F_ADD_SEALS: EPERM without write access or after F_SEAL_SEAL, EINVAL, EBUSY (`memfd_add_seals`). */
  addSeals(seals: number, call: FileCall): void {
    require((call.file.flags & O_ACCMODE) !== O_RDONLY, 'EPERM', 'seals need a descriptor open for writing');
    require((seals & ~ALL_SEALS) === 0, 'EINVAL', `seals 0x${seals.toString(16)} are unknown`);
    const held = this.seals();
    require((held & F_SEAL_SEAL) === 0, 'EPERM', 'F_SEAL_SEAL forbids further seals');
    // An executable memfd that may not become anything else must not be written to, either.
    const executable = (this.#mode & 0o111) !== 0 && (seals & F_SEAL_EXEC) !== 0;
    const added = executable ? seals | EXEC_BRINGS : seals;
    if ((added & F_SEAL_WRITE) !== 0 && (held & F_SEAL_WRITE) === 0)
      require(this.#writableMappings === 0 &&
        this.backing.pins ===
          0, 'EBUSY', `F_SEAL_WRITE with ${this.#writableMappings} writable mappings and ${this.backing.pins} pins`);
    if (this.backing instanceof HostMemory) this.#sealOnHost(this.backing, added);
    this.#seals |= added;
  }

  read(call: FileCall, into: UserSlice): number {
    const bytes = new Uint8Array(Math.min(into.length, Math.max(0, this.size - Number(call.file.position))));
    const count = this.readAt(bytes, call.file.position);
    if (count > 0) into.write(0, bytes.subarray(0, count));
    call.file.position += BigInt(count);
    return count;
  }

  write(call: FileCall, bytes: Uint8Array): number {
    const count = this.writeAt(bytes, call.file.position);
    call.file.position += BigInt(count);
    return count;
  }

  readAt(target: Uint8Array, offset: bigint): number {
    require(offset >= 0n, 'EINVAL', `offset ${offset} is negative`);
    return offset >= BigInt(this.size) ? 0 : this.backing.read(target, Number(offset));
  }

  /** Grows the file where it has to. Under F_SEAL_GROW the write ends at the page of the end; EPERM beyond (`shmem_write_begin`). */
  writeAt(source: Uint8Array, offset: bigint): number {
    require(offset >= 0n, 'EINVAL', `offset ${offset} is negative`);
    if (source.length === 0) return 0;
    const seals = this.seals();
    require((seals & NO_WRITES) === 0, 'EPERM', 'the file is sealed against writing');
    const end = offset + BigInt(source.length);
    require(end <= LARGEST, 'EFBIG', `${end} bytes are too large for a file`);
    if (end <= BigInt(this.size)) return this.backing.write(source, Number(offset));
    if ((seals & F_SEAL_GROW) === 0) this.backing.resize(Number(end));
    const count = Math.min(source.length, this.size - Number(offset));
    require(count > 0, 'EPERM', 'the file is sealed against growing');
    return this.backing.write(source.subarray(0, count), Number(offset));
  }

  seek(call: FileCall, offset: bigint, whence: number): bigint {
    const base = this.#seekBase(call, whence);
    require(base + offset >= 0n, 'EINVAL', `lseek to ${base + offset}`);
    call.file.position = base + offset;
    return call.file.position;
  }

  /** EINVAL, EPERM for what the seals forbid; shrinking under a mapping makes its tail fault (`shmem_setattr`). */
  truncate(size: bigint): void {
    require(size >= 0n, 'EINVAL', `a size of ${size}`);
    require(size <= LARGEST, 'EFBIG', `${size} bytes are too large for a file`);
    const now = BigInt(this.size);
    const seals = this.seals();
    require(size >= now || (seals & F_SEAL_SHRINK) === 0, 'EPERM', 'the file is sealed against shrinking');
    require(size <= now || (seals & F_SEAL_GROW) === 0, 'EPERM', 'the file is sealed against growing');
    if (size !== now) this.backing.resize(Number(size));
  }

  /** EPERM for a writable shared mapping of a file sealed against writing (`memfd_check_seals_mmap`). */
  map(call: FileCall, request: MapRequest): { object: MappedObject; offset: bigint } {
    const offset = Number(request.offset);
    const length = Number(request.length);
    require(Number.isSafeInteger(
      offset + length,
    ), 'EOVERFLOW', `a mapping up to ${request.offset + request.length}`);
    if (!request.shared)
      return { object: new PrivateMapping(this.backing, offset, length), offset: request.offset };
    const sealed = (this.seals() & NO_WRITES) !== 0;
    require(!sealed ||
      (request.protection & PROT_WRITE) ===
        0, 'EPERM', 'the file is sealed against writable shared mappings');
    // A read-only mapping could be made writable later, unless the descriptor or a seal forbids it.
    const writable = !sealed && (call.file.flags & O_ACCMODE) !== O_RDONLY;
    if (writable) this.#writableMappings++;
    const unmapped = () => {
      if (writable) this.#writableMappings--;
    };
    return { object: new MappedBacking(this.backing, { offset, length, unmapped }), offset: request.offset };
  }

  hostDescriptor(): { fd: number; offset: bigint } | null {
    const fd = this.backing.hostDescriptor;
    return fd === null ? null : { fd, offset: 0n };
  }

  release(): void {
    this.backing[Symbol.dispose]();
  }

  /**
   * Others who have the real descriptor see the seals too. On a memfd of this kernel F_SEAL_WRITE may have to stay away
   * there: what this process maps, it maps writable.
   */
  #sealOnHost(memory: HostMemory, seals: number): void {
    try {
      memory.addHostSeals(seals);
    } catch (error) {
      if (this.#adopted || !(error instanceof KernelError) || error.code !== 'EBUSY') throw error;
    }
  }

  #seekBase(call: FileCall, whence: number): bigint {
    if (whence === SEEK_SET) return 0n;
    if (whence === SEEK_CUR) return call.file.position;
    if (whence === SEEK_END) return BigInt(this.size);
    throw new KernelError('EINVAL', `lseek with whence ${whence}`);
  }
}
