/** One thing that the server offers. */
export interface Offered {
  readonly interface: string;
  /** The newest version. */
  readonly version: number;
}

/** A global of wl_registry: `name` is the number to bind it by. */
export interface Global extends Offered {
  readonly name: number;
}
