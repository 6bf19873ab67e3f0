import type { Action, Observation } from "../model/actions.ts";
import type { GuestId, HostId } from "../model/ids.ts";
import type { Flow } from "../model/security.ts";
import type { AnyDriverName, DriverName } from "../model/statuses.ts";

/** What a driver can do. What it can't is refused with UNSUPPORTED, never faked. */
export interface Capabilities {
  readonly liveMigration: boolean;
  readonly suspend: boolean;
  readonly resize: boolean;
  readonly powerControl: boolean;
  /** Somebody else can be asked about a silent host. */
  readonly secondOpinion: boolean;
  /** It lets pass between guests what their security groups allow, and nothing else. */
  readonly securityGroups: boolean;
  /** It deals requests out. */
  readonly loadBalancers: boolean;
  readonly faults: boolean;
}

/**
 * A driver performs complete actions and reports what it saw. It decides nothing. All its methods
 * return at once; answers come later as observations.
 */
export interface Driver {
  readonly name: AnyDriverName;
  readonly capabilities: Capabilities;
  /**
   * Safe to repeat: the same action under the same generation is performed once and answered each
   * time; a START of what was started and has crashed since has failed. What is under way to a host when contact with it is lost never arrives: once the host is
   * proven dead its guests start elsewhere, and an order from before must not start them there too.
   *
   * A CANCEL_MIGRATION ends the MIGRATE of its generation, begun or not, and has no answer but that
   * one's. A MIGRATE that was called off has failed only when it is certain that the guest goes on
   * where it is and does not arrive, not even if the MIGRATE is heard after all. As long as that is not
   * certain there is no answer, and the order is repeated. It takes no storage and nothing of the target's.
   */
  perform(action: Action): void;
  /** What would become of such a flow now. Only where that can be found out without disturbing anybody. */
  tryFlow?(from: GuestId, to: GuestId, flow: Flow): Passage;
  close(): void;
}

/** Whether a flow gets through, and what stands in its way other than security groups; null for nothing. */
export interface Passage {
  readonly passes: boolean;
  readonly obstacle: Obstacle | null;
}
/** A guest that does not run; or a host, and what ails it in words that go on after its name. */
export type Obstacle =
  | { readonly guestId: GuestId }
  | { readonly hostId: HostId; readonly ails: string };

/** Where a driver puts what it saw. The observation carries the time it was made, not when it is read. */
export type ObservationSink = (observation: Observation) => void;

/** A driver that remembers something which outlives the process in the store. */
export interface StoredDriver extends Driver {
  /** State that changed since the last call, to be stored with the next batch; null deletes a key. */
  takeDirtyState(): ReadonlyMap<string, string | null>;
}

/**
 * A driver whose world moves with the fleet's clock and only then: what is due is found by
 * `nextDueAtMs`, and happens in `advanceTo`. Its state outlives the process in the store.
 */
export interface ClockedDriver extends StoredDriver {
  readonly name: DriverName;
  /** The next instant at which something happens by itself; null when nothing ever will. */
  nextDueAtMs(): number | null;
  /** Let everything happen that is due up to `nowMs`, in order. */
  advanceTo(nowMs: number): void;
}
