import { expect, it } from 'vitest';
import { type Status, statusLine } from './status-line.ts';

const status: Status = {
  composited: 100,
  scannedOut: 40,
  missedVblanks: 2,
  commitToFlip: { median: 12.34, p99: 16.6 },
  commitToRelease: { median: null, p99: null },
  clients: 3,
  planesInUse: 2,
  openDescriptors: 41,
  hostDescriptors: 30,
};

it('shows what came since the line before, and times in milliseconds', () => {
  expect(statusLine({ ...status, composited: 160, scannedOut: 41 }, status)).toBe(
    'composited 60 | scanned out 1 | missed 0 | commit-flip 12.3/16.6 ms | commit-release -/- ms | clients 3 | planes 2 | fds 30+41',
  );
});

it('counts from zero at first', () => {
  expect(statusLine(status, null)).toContain('composited 100 | scanned out 40 | missed 2');
});
