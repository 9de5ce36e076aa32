import { env } from 'node:process';

/** How many programs a property runs: FENCEPOST_RUNS multiplies what the suite takes. The seed is the same each time unless FENCEPOST_SEED says another. */
export const runs = (count: number): { numRuns: number; seed: number } => ({
  numRuns: count * Number(env['FENCEPOST_RUNS'] ?? 1),
  seed: Number(env['FENCEPOST_SEED'] ?? 1),
});
