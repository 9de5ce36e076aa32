// The part of the Wayland Conformance Suite that is quick and finds most; `npm run wlcs` runs all of it.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DEVIATIONS, reasonOf } from './deviations.ts';
import { hindrance, type Outcome, runSuite } from './suite.ts';

const source = fileURLToPath(new URL('shim.c', import.meta.url));

const GROUPS = [
  'BadBufferTest.*',
  'ClientSurfaceEventsTest.surface_*',
  'PointerCrossing*',
  'PointerConstraints.*locked*',
  'XdgSurfaceStableTest.*',
  'XdgToplevelStableTest.*',
  'XdgToplevelStableConfigurationTest.*',
  'XdgPopupStable/*',
  'LayerShellPopup/*',
  'LayerSurfaceTest.*',
  'XdgShellStableSubsurfaces/*',
  'AllSurfaceTypes/TouchTest.*stable',
  'AllSurfaceTypes/TouchTest.*_y12',
  'ForeignToplevelManagerTest.*',
  'WlOutputTest.*',
  'XdgOutputV1Test.*',
];

/** What fails for a reason is run by `npm run wlcs`; here it would only be waited for. */
const left = DEVIATIONS.flatMap(({ tests }) => tests).flatMap(test => [test, `${test}/*`]);
const filter = `${GROUPS.join(':')}-${left.join(':')}`;

/** Milliseconds until the suite is given up; it takes a third of a minute. */
const TIMEOUT = 240_000;

const told = ({ name, words }: Outcome): string => [name, ...words].join('\n  ');

describe('the Wayland conformance suite', () => {
  const why = hindrance();
  it.skipIf(why !== null)(`finds nothing in its quick part ${why ?? ''}`, { timeout: TIMEOUT }, async () => {
    const outcomes = await runSuite({ source, filter });
    expect(outcomes.filter(({ verdict }) => verdict === 'failed').map(told)).toEqual([]);
    expect(outcomes.filter(({ verdict }) => verdict === 'passed').length).toBeGreaterThan(90);
  });

  it('has its deviations by their names', () => {
    expect(reasonOf('BadBufferTest.client_lies_about_buffer_size')).toBeNull();
    expect(reasonOf('XdgShellStableSubsurfaces/SubsurfaceTest.place_below_simple/0')).toMatch(/neither/);
    const remapped = 'SurfaceInputRegions/SurfaceInputCombinations.input_seen_by_subsurface_after_parent';
    expect(reasonOf(`${remapped}_unmapped_and_remapped/8`)).not.toBeNull();
    expect(reasonOf(`${remapped}_unmapped_and_remapped/4`)).toBeNull();
  });
});
