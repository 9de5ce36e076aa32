// What a Wayland connection remembers, because a message says neither its types nor its length in arguments.
import { DISPLAY_ID, FIRST_SERVER_ID, MAX_CLIENT_ID } from '../object/limits.ts';
import { findSignature, type InterfaceSignature, signatureOf } from '../object/signature.ts';

/** An id that is in use, with an interface that has no table here: what comes for it can't be read. */
const UNKNOWN = null;

/** WL_MAP_MAX_OBJECTS of libwayland: a client that never used an id again would have the table grow for ever. */
const MAX_IDS = 0xf00000;

/** Which interface each id of one connection is of. Both ends have one, and they change with the messages that pass. */
export class ObjectTable {
  readonly #client: (InterfaceSignature | typeof UNKNOWN | undefined)[] = [undefined];
  readonly #server: (InterfaceSignature | typeof UNKNOWN | undefined)[] = [];
  readonly #maxIds: number;

  /** `maxIds`: how many ids a client may use at one time or another. */
  constructor(maxIds = MAX_IDS) {
    this.#maxIds = maxIds;
    this.add(DISPLAY_ID, signatureOf('wl_display').name);
  }

  get(id: number): InterfaceSignature | undefined {
    const found = id >= FIRST_SERVER_ID ? this.#server[id - FIRST_SERVER_ID] : this.#client[id];
    return found ?? undefined;
  }

  /** Names an id; one that had a name has the new one. */
  add(id: number, interfaceName: string): void {
    const signature = findSignature(interfaceName) ?? UNKNOWN;
    if (id >= FIRST_SERVER_ID) this.#server[id - FIRST_SERVER_ID] = signature;
    else this.#client[id] = signature;
  }

  remove(id: number): void {
    if (id >= FIRST_SERVER_ID) this.#server[id - FIRST_SERVER_ID] = undefined;
    else this.#client[id] = undefined;
  }

  /**
   * Why a client may not hand out an id now, or undefined: ids are used without gaps (`wl_map_reserve_new`), so a table
   * is never longer than what was really made.
   */
  clientIdProblem(id: number): string | undefined {
    if (id < 1 || id > MAX_CLIENT_ID)
      return `${id} is not an id for clients to hand out (1 to 0x${MAX_CLIENT_ID.toString(16)})`;
    if (this.#client[id] !== undefined) return `${id} is in use; an id is free again after its delete_id`;
    if (id > this.#maxIds)
      return `${id} is more than the ${this.#maxIds} ids that a client may use; use those again that are free`;
    if (id > this.#client.length)
      return `${id} leaves a gap; the next id that was never used is ${this.#client.length}`;
    return undefined;
  }

  /** Why a server may not hand out an id. It may use one again as soon as the client sent its destructor. */
  serverIdProblem(id: number): string | undefined {
    if (id < FIRST_SERVER_ID) return `${id} is not an id for servers to hand out`;
    if (id - FIRST_SERVER_ID > this.#server.length)
      return `${id} leaves a gap; the next id that was never used is ${FIRST_SERVER_ID + this.#server.length}`;
    return undefined;
  }
}
