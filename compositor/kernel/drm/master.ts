import type { DrmFile } from './file.ts';
import { HandleTable } from './handle-table.ts';

/**
 * A master: whoever may change what the device shows, and vouch for others (`drivers/gpu/drm/drm_auth.c`). One that was
 * given a part of the device by another is that one's lessee (`drivers/gpu/drm/drm_lease.c`): it is master of its part
 * as long as its lessor is the device's.
 */
export class DrmMaster {
  /** Magic numbers and their files; null once authenticated: a number is its file's until that is closed. */
  readonly magics = new HandleTable<DrmFile | null>();
  /** The bus id, empty before SET_VERSION. */
  unique = '';
  /** Null for a master that has the whole device. */
  readonly lessor: DrmMaster | null;
  /** Those that hold a part of what this one has, in the order in which they got it. */
  readonly lessees = new Set<DrmMaster>();
  /** The number that its lessor knows it by; 0 without one. */
  readonly lesseeId: number;
  readonly #lesseeIds = new HandleTable<DrmMaster>();
  readonly #leases: Set<number>;

  /** With a lessor, a lessee of it that has the objects of these ids. */
  constructor(lessor: DrmMaster | null = null, leases: Iterable<number> = []) {
    this.lessor = lessor;
    this.#leases = new Set(leases);
    lessor?.lessees.add(this);
    this.lesseeId = lessor ? lessor.owner.#lesseeIds.insert(this) : 0;
  }

  /** `drm_lease_owner`: the master at the top, which has the whole device. */
  get owner(): DrmMaster {
    return this.lessor?.owner ?? this;
  }

  /** Ids of what a lessee has, lowest first; empty once revoked. */
  get leases(): readonly number[] {
    return [...this.#leases].sort((a, b) => a - b);
  }

  /** `_drm_lease_held_master`: an owner has everything. */
  holds(id: number): boolean {
    return this.lessor === null || this.#leases.has(id);
  }

  /** `_drm_has_leased`. */
  hasLeased(id: number): boolean {
    return [...this.lessees].some(lessee => lessee.holds(id));
  }

  /** `_drm_find_lessee`: by its number, among all below the owner. */
  findLessee(id: number): DrmMaster | undefined {
    return this.owner.#lesseeIds.get(id);
  }

  /** `drm_lease_revoke`: it and those below it have nothing any more. Their files stay open, and they keep their numbers. */
  revoke(): void {
    this.#leases.clear();
    for (const lessee of this.lessees) lessee.revoke();
  }

  /** `drm_lease_destroy`: its last file is closed. */
  leaveLessor(): void {
    if (!this.lessor) return;
    this.lessor.lessees.delete(this);
    this.owner.#lesseeIds.remove(this.lesseeId);
  }
}
