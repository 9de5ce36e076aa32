import { drm_color_lut } from '../../../../protocol/uapi/drm-mode.ts';
import { fourccText } from '../../../../protocol/uapi/fourcc.ts';
import { KernelError, require } from '../../task/kernel-error.ts';
import type { AtomicState } from './atomic-state.ts';
import { GAMMA_SIZE } from './attach-crtc.ts';
import type { Connector } from './connector.ts';
import type { Crtc } from './crtc.ts';
import { sameTimings } from './mode.ts';
import { checkPlane, checkScaling } from './plane-check.ts';

/**
 * `drm_atomic_check_only` with the helpers below it, in their order: planes, CRTCs, connectors, routing, what the
 * hardware can do, and last whether a modeset was allowed. Changes nothing but the proposal, to which it adds the
 * connectors and planes of CRTCs that it touches. `flips` are CRTCs whose flip somebody wants to hear of.
 */
export function checkState(state: AtomicState, flips: ReadonlySet<Crtc>): void {
  for (const { object, old, draft } of state.planes.values()) checkPlane(object, old, draft);
  for (const crtc of state.crtcs.keys()) checkCrtc(state, crtc, flips.has(crtc));
  for (const connector of state.connectors.keys()) checkWritebackJob(state, connector);
  findModesets(state);
  for (const crtc of state.modesets) state.addConnectorsOf(crtc);
  for (const crtc of state.crtcs.keys()) checkRouting(state, crtc);
  for (const connector of state.connectors.keys()) checkWritebackFramebuffer(state, connector);
  for (const crtc of state.crtcs.keys()) state.addPlanesOf(crtc);
  for (const { object, draft } of state.planes.values()) checkScaling(object, draft);
  for (const crtc of state.crtcs.keys()) checkGamma(state, crtc);
  for (const crtc of state.crtcs.keys()) checkHistogram(state, crtc);
  state.device.driver.check(state);
  for (const crtc of state.modesets)
    require(state.allowModeset, 'EINVAL', `${crtc.name} needs a modeset, the request does not allow one`);
}

/** `drm_atomic_crtc_check`. */
function checkCrtc(state: AtomicState, crtc: Crtc, flip: boolean): void {
  const { old, draft } = state.crtcs.get(crtc)!;
  require(!draft.active || draft.mode, 'EINVAL', `${crtc.name} cannot be active without a mode`);
  const never = flip && !draft.active && !old.active;
  require(!never, 'EINVAL', `${crtc.name} is off and stays off: there is no flip to be told of`);
}

/** `drm_atomic_connector_check`. */
function checkWritebackJob(state: AtomicState, connector: Connector): void {
  const { draft } = state.connectors.get(connector)!;
  const fb = draft.writeback?.fb;
  if (!fb) return;
  require(draft.crtc, 'EINVAL', `${connector.name} has a framebuffer but no CRTC`);
  const crtc = state.crtc(draft.crtc);
  require(crtc.active, 'EINVAL', `${connector.name} has a framebuffer but its CRTC is off`);
}

/** `drm_atomic_helper_check_modeset`: a new mode, being switched on or off, or other connectors. */
function findModesets(state: AtomicState): void {
  for (const { object, old, draft } of state.crtcs.values())
    if (!sameTimings(old.mode, draft.mode) || old.active !== draft.active) state.modesets.add(object);
  for (const { old, draft } of state.connectors.values()) {
    if (old.crtc === draft.crtc) continue;
    if (old.crtc) state.modesets.add(old.crtc);
    if (draft.crtc) state.modesets.add(draft.crtc);
  }
}

function checkRouting(state: AtomicState, crtc: Crtc): void {
  const { draft } = state.crtcs.get(crtc)!;
  const connectors = state.connectorsOn(crtc);
  require((draft.mode !== null) ===
    connectors.length >
      0, 'EINVAL', `${crtc.name} has ${draft.mode ? 'a mode but no connector' : 'a connector but no mode'}`);
  for (const connector of connectors) {
    const { encoder } = connector.options;
    require(encoder.possibleCrtcs &
      (1 << crtc.index), 'EINVAL', `${connector.name} cannot be driven by ${crtc.name}`);
    const clones = connectors.every(({ options }) => encoder.possibleClones & (1 << options.encoder.index));
    require(clones, 'EINVAL', `${connector.name} cannot share ${crtc.name} with its other connectors`);
  }
}

function checkWritebackFramebuffer(state: AtomicState, connector: Connector): void {
  const { draft } = state.connectors.get(connector)!;
  const fb = draft.writeback?.fb;
  if (!fb || !draft.crtc) return;
  const { mode } = state.crtc(draft.crtc);
  const { width, height, format } = fb.layout;
  require(mode &&
    width === mode.hdisplay &&
    height ===
      mode.vdisplay, 'EINVAL', `framebuffer ${fb.id} has ${width}x${height}, the mode ${mode?.hdisplay}x${mode?.vdisplay}`);
  const known = connector.options.writebackFormats.includes(format.fourcc);
  require(known, 'EINVAL', `${connector.name} cannot write format ${fourccText(format.fourcc)}`);
}

/** Shorter tables are spread over the hardware's; longer ones it cannot hold. */
function checkGamma(state: AtomicState, crtc: Crtc): void {
  const { gammaLut } = state.crtcs.get(crtc)!.draft;
  const entries = (gammaLut?.bytes.length ?? 0) / drm_color_lut.size;
  require(entries <= GAMMA_SIZE, 'EINVAL', `GAMMA_LUT has ${entries} entries, the hardware ${GAMMA_SIZE}`);
}

/** What a histogram needs is in the commit that asks for it. */
function checkHistogram(state: AtomicState, crtc: Crtc): void {
  const { draft } = state.crtcs.get(crtc)!;
  const asked = draft.histogramMode !== 0;
  if (asked !== (draft.histogramMemory !== null))
    throw new KernelError('EINVAL', 'HISTOGRAM_ENABLE and HISTOGRAM_FD go together in one commit');
  require(!asked || draft.active, 'EINVAL', `${crtc.name} is off: there is nothing to count`);
}
