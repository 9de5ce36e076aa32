import { DEVIATIONS, NOT_OFFERED } from './deviations.ts';

/** Of the last run of the whole suite, wlcs 1.5.0. */
const MEASURED = { passed: 779, failed: 31, skipped: 264 } as const;

/** The part of docs/conformance.md about the Wayland protocol. */
export const wlcsSection = (): string[] => [
  '## wlcs',
  '',
  'The [Wayland Conformance Suite](https://github.com/canonical/wlcs) of Mir (Debian: `wlcs`, with `gcc` and `libwayland-dev`)',
  'drives a compositor through a shim (`test/wlcs/shim.c`), which hands its calls on to a fresh compositor for each test.',
  "`npm run wlcs` runs all of it in some minutes, `npm run wlcs -- 'XdgPopup*'` what GoogleTest's pattern names, and a part of it",
  'belongs to `npm test` where it is installed. Its clients attach buffers before the first configure and never acknowledge it,',
  'which later versions of wlcs put right; the stage makes them wait, and acknowledges for them (`test/wlcs/patient-connection.ts`).',
  'It also tells every new window its configuration once more, which the suite waits for, puts windows back where they were when',
  "they are mapped again, and asks for the place of a panel in its client's name.",
  '',
  '| passed | failed | not applicable |',
  '| ---: | ---: | ---: |',
  `| ${MEASURED.passed} | ${MEASURED.failed} | ${MEASURED.skipped} |`,
  '',
  `Not applicable is what tests protocols that are not offered: ${NOT_OFFERED.join('; ')}. Four of them are the suite's tests of itself.`,
  'Failed, and why:',
  '',
  ...DEVIATIONS.flatMap(({ tests, parameters, reason }) => [
    `- ${tests.map(test => `\`${test}\``).join(', ')}${parameters ? ` (${parameters.join(', ')})` : ''}: ${reason}`,
  ]),
];
