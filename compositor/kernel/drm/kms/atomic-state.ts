import { type Connector, type ConnectorDraft, type ConnectorState, duplicateConnector } from './connector.ts';
import { type Crtc, type CrtcDraft, type CrtcState, duplicateCrtc } from './crtc.ts';
import type { KmsDevice } from './kms-device.ts';
import type { ModesetLocks } from './lock.ts';
import { duplicatePlane, type Plane, type PlaneDraft, type PlaneState } from './plane.ts';

/** A change of one object: what it is, and what it is to become. */
export interface Change<O, S, D> {
  readonly object: O;
  readonly old: S;
  readonly draft: D;
}

/**
 * A proposal (`struct drm_atomic_state`): for each object that a request touches, a copy of its current state that the
 * request changes. Nothing else knows of it until it is swapped in, so a proposal that is dropped leaves no trace.
 * Touching an object takes its lock, and touching a plane or connector brings in the CRTC that it is on.
 */
export class AtomicState {
  readonly device: KmsDevice;
  readonly locks: ModesetLocks;
  readonly planes = new Map<Plane, Change<Plane, PlaneState, PlaneDraft>>();
  readonly crtcs = new Map<Crtc, Change<Crtc, CrtcState, CrtcDraft>>();
  readonly connectors = new Map<Connector, Change<Connector, ConnectorState, ConnectorDraft>>();
  /** CRTCs whose timings, activity or routing change; filled in by the check. */
  readonly modesets = new Set<Crtc>();
  allowModeset = false;

  constructor(device: KmsDevice, locks: ModesetLocks) {
    this.device = device;
    this.locks = locks;
  }

  crtc(crtc: Crtc): CrtcDraft {
    let change = this.crtcs.get(crtc);
    if (!change) {
      this.locks.take(crtc.lock);
      change = { object: crtc, old: crtc.state, draft: duplicateCrtc(crtc.state) };
      this.crtcs.set(crtc, change);
    }
    return change.draft;
  }

  plane(plane: Plane): PlaneDraft {
    let change = this.planes.get(plane);
    if (!change) {
      this.locks.take(plane.lock);
      if (plane.state.crtc) this.crtc(plane.state.crtc);
      change = { object: plane, old: plane.state, draft: duplicatePlane(plane.state) };
      this.planes.set(plane, change);
    }
    return change.draft;
  }

  connector(connector: Connector): ConnectorDraft {
    let change = this.connectors.get(connector);
    if (!change) {
      this.locks.take(connector.lock);
      if (connector.state.crtc) this.crtc(connector.state.crtc);
      change = { object: connector, old: connector.state, draft: duplicateConnector(connector.state) };
      this.connectors.set(connector, change);
    }
    return change.draft;
  }

  /** `drm_atomic_set_crtc_for_plane`. */
  setPlaneCrtc(draft: PlaneDraft, crtc: Crtc | null): void {
    if (crtc) this.crtc(crtc);
    draft.crtc = crtc;
  }

  /** `drm_atomic_set_crtc_for_connector`. */
  setConnectorCrtc(draft: ConnectorDraft, crtc: Crtc | null): void {
    if (crtc) this.crtc(crtc);
    draft.crtc = crtc;
  }

  /** `drm_atomic_add_affected_planes`: every plane that is on the CRTC. */
  addPlanesOf(crtc: Crtc): void {
    for (const plane of this.device.planes) if (plane.state.crtc === crtc) this.plane(plane);
  }

  /** `drm_atomic_add_affected_connectors`. */
  addConnectorsOf(crtc: Crtc): void {
    for (const connector of this.device.connectors)
      if (connector.state.crtc === crtc) this.connector(connector);
  }

  /** The connectors that would drive from the CRTC, touched or not. */
  connectorsOn(crtc: Crtc): Connector[] {
    return this.device.connectors.filter(
      connector => (this.connectors.get(connector)?.draft ?? connector.state).crtc === crtc,
    );
  }
}
