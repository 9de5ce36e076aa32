import { expect, it } from 'vitest';
import { type Status, statusLine } from './status-line.ts';

const status: Status = {
  composited: 100,
  scannedOut: 40,
  missedVblanks: 2,
  commitToFlip: { median: 12_340_000, p99: 16_600_000 },
  commitToRelease: null,
  clients: 3,
  planes: 2,
  descriptors: { host: 30, kernel: 41 },
};

it('shows what came since the line before, and times in milliseconds', () => {
  expect(statusLine({ ...status, composited: 160, scannedOut: 41 }, status)).toBe(
    'composited 60 | scanned out 1 | missed 0 | commit-flip 12.3/16.6 ms | commit-release - | clients 3 | planes 2 | fds 30+41',
  );
});

it('counts from zero at first', () => {
  expect(statusLine(status, null)).toContain('composited 100 | scanned out 40 | missed 2');
});
