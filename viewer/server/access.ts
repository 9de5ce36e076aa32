// Who may look: whoever has the token of the printed address, from a page of this server.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** Bytes that nobody guesses. */
const SECRET_BYTES = 32;
/** Tickets that nobody came for; the oldest go first. */
const MOST_TICKETS = 64;
/** Milliseconds that a ticket can be used for. */
const TICKET_LIFE = 30_000;

const secret = (): string => randomBytes(SECRET_BYTES).toString('base64url');
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * The token is long-lived and travels once for each page that is loaded; with it a page gets tickets, each good for one
 * WebSocket, so that no address of a stream is worth stealing.
 */
export class Access {
  readonly token = secret();
  readonly #expected = digest(this.token);
  readonly #tickets = new Map<string, number>();
  readonly #now: () => number;

  /** `now` is in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Takes the same time for every wrong token. */
  knows(token: string): boolean {
    return timingSafeEqual(digest(token), this.#expected);
  }

  issueTicket(): string {
    const ticket = secret();
    this.#tickets.set(ticket, this.#now() + TICKET_LIFE);
    for (const [oldest] of this.#tickets) {
      if (this.#tickets.size <= MOST_TICKETS) break;
      this.#tickets.delete(oldest);
    }
    return ticket;
  }

  /** Whether a ticket is good; it is used up by that. */
  redeem(ticket: string): boolean {
    const until = this.#tickets.get(ticket);
    return this.#tickets.delete(ticket) && until !== undefined && this.#now() <= until;
  }
}

/**
 * Whether a request was meant for this server. A name that an attacker's DNS points here arrives as that name in `Host`, so
 * only numbers, `localhost` and the name that the person asked to listen at are taken, with whatever port a tunnel gave it.
 */
export function hostAllowed({ host }: IncomingHttpHeaders, listensAt: string): boolean {
  const name = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase();
  if (name === undefined) return false;
  const bare = name.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === listensAt.toLowerCase() || isIP(bare) !== 0;
}

/** Whether a request that may change something comes from a page of this very server: browsers always say where from. */
export const sameOrigin = ({ origin, host }: IncomingHttpHeaders): boolean =>
  origin !== undefined && host !== undefined && origin.toLowerCase() === `http://${host.toLowerCase()}`;
