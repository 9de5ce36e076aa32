// The fatal error of the protocol: what wl_display.error carries.
import { interfaces } from '../interfaces/index.ts';
import type { InterfaceDefinition } from './table.ts';

/** The codes that any request may be answered with; they are about wl_display (wayland.xml). */
export const displayError = interfaces.wl_display.enums.error;

/** Whom an error is about. Resources and proxies are such. */
export interface ErrorSubject {
  readonly interface: string;
  readonly id: number;
}

const tables: Readonly<Record<string, InterfaceDefinition>> = interfaces;

/**
 * A client broke the rules of an interface. Thrown in a request's handler it is posted to the client, which is then
 * disconnected; a client is told of it as `wl_shm@5: invalid_stride (1): stride is 12 bytes, ...`.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly objectId: number;
  readonly interfaceName: string;
  readonly code: number;
  /** The code's name in the interface's `error` enum, or the number where the table has none. */
  readonly codeName: string;
  /** The words that travel: without the object and the code. */
  readonly description: string;

  constructor(subject: ErrorSubject, code: number, description: string) {
    const codeName = nameOfCode(subject.interface, code);
    super(`${subject.interface}@${subject.id}: ${codeName} (${code}): ${description}`);
    this.objectId = subject.id;
    this.interfaceName = subject.interface;
    this.code = code;
    this.codeName = codeName;
    this.description = description;
  }
}

function nameOfCode(interfaceName: string, code: number): string {
  const codes = tables[interfaceName]?.enums['error'] ?? {};
  return Object.keys(codes).find(name => codes[name] === code) ?? String(code);
}
