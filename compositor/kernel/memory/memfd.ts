import {
  F_SEAL_EXEC,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  O_ACCMODE,
  O_APPEND,
  O_LARGEFILE,
  O_NONBLOCK,
  O_RDONLY,
  O_TRUNC,
  PROT_WRITE,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from '../../../protocol/uapi/fcntl.ts';
import type { Kernel } from '../kernel.ts';
import { KernelError, require } from '../task/kernel-error.ts';
import type {
  FileCall,
  FileMapping,
  FileOperations,
  FileStatus,
  MapRequest,
  OpenFile,
  UserSlice,
} from '../task/open-file.ts';
import { requireMayChange, requireMayOpen } from '../task/permission.ts';
import { writePosition } from '../task/positioned.ts';
import type { Task } from '../task/task.ts';
import type { Backing } from './backing.ts';
import { HostMemory } from './host-memory.ts';
import { MappedBacking, PrivateMapping } from './mapped-backing.ts';

const ALL_SEALS =
  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_EXEC;
const NO_WRITES = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
/** What F_SEAL_EXEC brings with it on an executable memfd. */
const EXEC_BRINGS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
const EXECUTE = 0o111;
const LARGEST = 2n ** 53n - 1n;

export interface MemFileOptions {
  kernel: Kernel;
  /** What /proc/PID/fd shows. */
  path: string;
  name: string;
  backing: Backing;
  seals: number;
  /** The uid of its maker; null for a file of another process. */
  owner: number | null;
  mode: number;
  /** Names that it has in a directory; default 0. */
  links?: number;
  /** A file that came from another process: what the host says of its seals counts, too. */
  adopted?: boolean;
}

/** A memfd (`mm/memfd.c`, `mm/shmem.c`): anonymous memory as a file, with seals on what may still be done to it. */
export class MemFile implements FileOperations {
  readonly kind = 'memfd';
  readonly name: string;
  readonly backing: Backing;
  readonly #kernel: Kernel;
  readonly #path: string;
  readonly #inode: bigint;
  readonly #links: number;
  readonly #owner: number | null;
  #mode: number;
  /** Open files, and a directory that has it. */
  #uses = 1;
  readonly #adopted: boolean;
  /** Another process was given the real descriptor. */
  #lent = false;
  #seals: number;
  /** Shared mappings that are, or may be made, writable: they keep F_SEAL_WRITE away. */
  readonly #writable = new Set<MappedBacking>();

  /** Owns the backing. */
  constructor(options: MemFileOptions) {
    this.#kernel = options.kernel;
    this.#path = options.path;
    this.#inode = options.kernel.allocateInode();
    this.#links = options.links ?? 0;
    this.#owner = options.owner;
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
    return this.#path;
  }

  status(): FileStatus {
    return { inode: this.#inode, size: BigInt(this.size), mode: 0o100000 | this.#mode, links: this.#links };
  }

  /** open(2) of its link: another open file. EACCES, EPERM. */
  reopen(flags: number, task: Task): OpenFile {
    this.openFor(task, flags);
    return this.#kernel.file(this, (flags & (O_ACCMODE | O_NONBLOCK | O_APPEND)) | O_LARGEFILE);
  }

  /** One more user, if the mode allows it: EACCES. O_TRUNC is ftruncate to 0, with what the seals say to that. */
  openFor({ credentials }: Task, flags: number): void {
    requireMayOpen({ owner: this.#owner, mode: this.#mode }, credentials, flags);
    if (flags & O_TRUNC) this.truncate(0n);
    this.use();
  }

  /** One more user, who will call `release`. */
  use(): void {
    this.#uses++;
  }

  /** fchmod(2): EPERM for others than the owner, and for the execute bits under F_SEAL_EXEC (`shmem_setattr`). */
  changeMode(mode: number, { credentials }: Task): void {
    requireMayChange({ owner: this.#owner, mode: this.#mode }, credentials);
    require((this.seals() & F_SEAL_EXEC) === 0 ||
      ((mode ^ this.#mode) & EXECUTE) ===
        0, 'EPERM', 'the file is sealed against a change of its execute bits');
    this.#mode = mode;
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
    const executable = (this.#mode & EXECUTE) !== 0 && (seals & F_SEAL_EXEC) !== 0;
    const added = executable ? seals | EXEC_BRINGS : seals;
    if ((added & F_SEAL_WRITE) !== 0 && (held & F_SEAL_WRITE) === 0)
      require(this.#writable.size === 0 &&
        this.backing.pins ===
          0, 'EBUSY', `F_SEAL_WRITE with ${this.#writable.size} writable mappings and ${this.backing.pins} pins`);
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
    const { file } = call;
    const start = writePosition(file, file.position);
    const count = this.writeAt(bytes, start);
    file.position = start + BigInt(count);
    return count;
  }

  readAt(target: Uint8Array, offset: bigint): number {
    return offset >= BigInt(this.size) ? 0 : this.backing.read(target, Number(offset));
  }

  /** Grows the file where it has to. Under F_SEAL_GROW the write ends at the page of the end; EPERM beyond (`shmem_write_begin`). */
  writeAt(source: Uint8Array, offset: bigint): number {
    if (source.length === 0) return 0;
    const seals = this.seals();
    require((seals & NO_WRITES) === 0, 'EPERM', 'the file is sealed against writing');
    const end = offset + BigInt(source.length);
    require(end <= LARGEST, 'EFBIG', `${end} bytes are too large for a file`);
    if (end <= BigInt(this.size)) return this.backing.write(source, Number(offset));
    if ((seals & F_SEAL_GROW) === 0) return this.#append(source, Number(offset));
    const count = Math.min(source.length, this.size - Number(offset));
    require(count > 0, 'EPERM', 'the file is sealed against growing');
    return this.backing.write(source.subarray(0, count), Number(offset));
  }

  /** The file is as large as before when there is no room. */
  #append(source: Uint8Array, offset: number): number {
    const before = this.size;
    this.backing.resize(offset + source.length);
    try {
      return this.backing.write(source, offset);
    } catch (error) {
      // A file of another process may have grown by its own doing.
      if (!this.#adopted) this.backing.resize(before);
      throw error;
    }
  }

  seek(call: FileCall, offset: bigint, whence: number): bigint {
    const place =
      whence === SEEK_DATA || whence === SEEK_HOLE
        ? this.#seekPage(offset, whence)
        : this.#seekBase(call, whence) + offset;
    require(place >= 0n, 'EINVAL', `lseek to ${place}`);
    call.file.position = place;
    return place;
  }

  /** EINVAL, EPERM for what the seals forbid; shrinking under a mapping makes its tail fault (`shmem_setattr`). */
  truncate(size: bigint): void {
    require(size <= LARGEST, 'EFBIG', `${size} bytes are too large for a file`);
    const now = BigInt(this.size);
    const seals = this.seals();
    require(size >= now || (seals & F_SEAL_SHRINK) === 0, 'EPERM', 'the file is sealed against shrinking');
    require(size <= now || (seals & F_SEAL_GROW) === 0, 'EPERM', 'the file is sealed against growing');
    if (size !== now) this.backing.resize(Number(size));
  }

  /**
   * fallocate(2) (`shmem_fallocate`): a hole is a write, so the seals against writing forbid it; anything beyond the end
   * is growth, kept size or not. EPERM, EFBIG, ENOMEM.
   */
  allocate(mode: number, offset: bigint, length: bigint): void {
    const end = offset + length;
    require(end <= LARGEST, 'EFBIG', `${end} bytes are too large for a file`);
    const seals = this.seals();
    if (mode & FALLOC_FL_PUNCH_HOLE) {
      require((seals & NO_WRITES) === 0, 'EPERM', 'the file is sealed against writing');
      const inside = Math.min(Number(end), this.size) - Number(offset);
      if (inside > 0) this.backing.punch(Number(offset), inside);
      return;
    }
    const grows = end > BigInt(this.size);
    require(!grows || (seals & F_SEAL_GROW) === 0, 'EPERM', 'the file is sealed against growing');
    this.backing.populate?.(Number(offset), Number(length));
    if (grows && (mode & FALLOC_FL_KEEP_SIZE) === 0) this.backing.resize(Number(end));
  }

  /** EPERM for a writable shared mapping of a file sealed against writing (`memfd_check_seals_mmap`). */
  map(call: FileCall, request: MapRequest): FileMapping {
    const offset = Number(request.offset);
    const length = Number(request.length);
    require(Number.isSafeInteger(
      offset + length,
    ), 'EOVERFLOW', `a mapping up to ${request.offset + request.length}`);
    if (!request.shared) {
      this.backing.reserve?.(offset, length);
      return { object: new PrivateMapping(this.backing, offset, length), offset: request.offset };
    }
    const sealed = (this.seals() & NO_WRITES) !== 0;
    require(!sealed ||
      (request.protection & PROT_WRITE) ===
        0, 'EPERM', 'the file is sealed against writable shared mappings');
    this.backing.reserve?.(offset, length);
    // A read-only mapping could be made writable later, unless the descriptor or a seal forbids it.
    const writable = !sealed && (call.file.flags & O_ACCMODE) !== O_RDONLY;
    const object: MappedBacking = new MappedBacking(this.backing, {
      offset,
      length,
      unmapped: () => void this.#writable.delete(object),
    });
    if (writable) this.#writable.add(object);
    return { object, offset: request.offset, denied: sealed ? PROT_WRITE : 0 };
  }

  hostDescriptor(): { fd: number; offset: bigint } | null {
    const fd = this.backing.hostDescriptor;
    this.#lent ||= fd !== null;
    return fd === null ? null : { fd, offset: 0n };
  }

  release(): void {
    if (--this.#uses > 0) return;
    this.backing[Symbol.dispose]();
  }

  /**
   * Others who have the real descriptor see the seals too. On a memfd of this kernel F_SEAL_WRITE may have to stay away
   * there: what this process maps, it maps writable. Not once others were given it: EBUSY may mean that they have mapped it.
   */
  #sealOnHost(memory: HostMemory, seals: number): void {
    // Mappings that exist may go on writing: there, too, they have to be made before the seal.
    if ((seals & F_SEAL_FUTURE_WRITE) !== 0) for (const mapping of this.#writable) mapping.keep();
    try {
      memory.addHostSeals(seals);
    } catch (error) {
      if (this.#adopted || this.#lent || !(error instanceof KernelError) || error.code !== 'EBUSY')
        throw error;
    }
  }

  /** `mapping_seek_hole_data`: ENXIO beyond the end, and where no data follows; the end counts as a hole. */
  #seekPage(offset: bigint, whence: number): bigint {
    require(offset >= 0n &&
      offset < BigInt(this.size), 'ENXIO', `lseek from ${offset} of ${this.size} bytes`);
    const data = whence === SEEK_DATA;
    const { backing } = this;
    const found = backing.nextPage ? backing.nextPage(Number(offset), data) : data ? Number(offset) : null;
    const place = Math.min(found ?? this.size, this.size);
    require(!data || place < this.size, 'ENXIO', `there is no data from ${offset} on`);
    return BigInt(place);
  }

  #seekBase(call: FileCall, whence: number): bigint {
    if (whence === SEEK_SET) return 0n;
    if (whence === SEEK_CUR) return call.file.position;
    if (whence === SEEK_END) return BigInt(this.size);
    throw new KernelError('EINVAL', `lseek with whence ${whence}`);
  }
}
