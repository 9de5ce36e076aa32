import { readFileSync } from 'node:fs';

/** What Linux gives a process where nobody says otherwise. */
const COMMON = 1024;

/**
 * How many descriptors this process may have open (RLIMIT_NOFILE). Node has raised the soft limit to the hard one when it
 * started, so there is nothing to raise.
 */
export function descriptorLimit(limits = readLimits()): number {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
  return soft === undefined ? COMMON : soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft);
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
