import type { CapacityReport } from "../engine/capacity-report.ts";
import type { CommandEnvelope, CommandResult } from "../model/commands.ts";
import type { FleetEvent } from "../model/events.ts";
import type { FlavorId, GuestId, HostId, Seq, TenantId } from "../model/ids.ts";
import type { HostVerdict, Reason } from "../model/reasons.ts";
import type { Resources } from "../model/resources.ts";
import type { Flow, SideVerdict } from "../model/security.ts";
import type { FailureDomain } from "../model/statuses.ts";
import type { Reader } from "../store/reader.ts";

export type { CapacityReport, DomainLoss, LeftBehind } from "../engine/capacity-report.ts";

/** The way in: everything that changes the fleet. */
export interface Commands {
  /** Resolves once the result is on disk and `feed.head()` has reached it. Never rejects for a bad command. */
  submit(envelope: CommandEnvelope): Promise<CommandResult>;
}

/** The way out: the log, and the news that it has grown. */
export interface Feed {
  readonly epoch: string;
  /** Position of the last committed event that this side has heard of. */
  head(): Seq;
  /** The log has grown to there. Looks for itself if this side has not heard of it: another may have. */
  reaches(seq: Seq): boolean;
  /** The oldest event still kept; head + 1 when none is. */
  earliest(): Seq;
  /**
   * Every event after `afterSeq`, in order, in batches of at most `batchSize`, first from the log and
   * then live, for ever. A cursor, not a queue: nothing is read ahead of the consumer, so a slow one
   * costs nothing. Ends when `signal` aborts or the feed closes; throws CursorExpired when retention
   * overtakes it.
   */
  follow(afterSeq: Seq, options?: FollowOptions): AsyncGenerator<readonly FleetEvent[], void, void>;
}
export interface FollowOptions {
  readonly signal?: AbortSignal;
  readonly batchSize?: number;
}

/** How the control plane fares: for metrics. */
export interface Vitals {
  /** The writer's own metrics in Prometheus's text format, asked of it now. Rejects when it has ended. */
  writer(): Promise<string>;
}

/** The cursor is older than retention. */
export class CursorExpired extends Error {
  readonly earliestSeq: Seq;
  constructor(afterSeq: Seq, earliestSeq: Seq) {
    super(
      `Events up to ${earliestSeq - 1} are no longer kept, and you asked for those after ${afterSeq}.`,
    );
    this.earliestSeq = earliestSeq;
  }
}

/** What the groups at one end say to a flow, in words too; no rule: it is denied. */
export type FlowVerdict = SideVerdict & { readonly reason: string };

export interface ReachAnswer {
  readonly reachable: boolean;
  /** What stands in its way other than security groups; null for nothing. */
  readonly obstacle: string | null;
  readonly egress: FlowVerdict;
  readonly ingress: FlowVerdict;
  /** The log position of the rules that the verdicts are true for. */
  readonly seq: Seq;
}

export interface PlacementQuestion {
  readonly tenantId: TenantId;
  readonly flavorId: FlavorId | null;
  readonly resources: Resources;
  /** Explain as if this guest were to be placed now: its rules count. */
  readonly guestId: GuestId | null;
  readonly homeHostId: HostId | null;
}
export interface PlacementAnswer {
  readonly hostId: HostId | null;
  /** Every host, feasible ones first, best first. */
  readonly verdicts: readonly HostVerdict[];
  readonly blockedBy: readonly Reason[];
  /** The log position that the answer is true for. */
  readonly seq: Seq;
}

/** Reading: the tables (through `reader`), and questions that need the engine's eyes. */
export interface Queries {
  readonly reader: Reader;
  explainPlacement(question: PlacementQuestion): PlacementAnswer;
  /** Tried in the simulated world; elsewhere as the rules say. Null when one of them is no guest. */
  canReach(from: GuestId, to: GuestId, flow: Flow): Promise<ReachAnswer | null>;
  /** Plays each such loss through. Takes a while, in slices; rejects when `signal` aborts. */
  capacityReport(losing: FailureDomain, signal?: AbortSignal | null): Promise<CapacityReport>;
}

export type ClockMode =
  | { readonly kind: "REALTIME" }
  | { readonly kind: "ACCELERATED"; readonly factor: number }
  | { readonly kind: "MANUAL" };

export interface Health {
  /** False while starting, stopping, or when the writer cannot write any more. */
  readonly ready: boolean;
  /** Why it is not ready, or what has gone wrong although it is. */
  readonly problems: readonly string[];
  readonly decisionFailures: number;
}

/** What is seen of the fleet: all of it, or what one tenant may see. */
export interface Sight {
  /** Null: all of it. */
  readonly tenantId: TenantId | null;
  sees(event: FleetEvent): boolean;
  /** An event that it sees, as it is told. */
  told(event: FleetEvent): FleetEvent;
  /** A reason as it is told. */
  reason(reason: Reason): Reason;
}

export const WHOLE_FLEET: Sight = {
  tenantId: null,
  sees: () => true,
  told: (event) => event,
  reason: (reason) => reason,
};

/**
 * The running control plane as its server sees it. A tenant's is one of its own: whatever is read, heard or
 * asked there is what its principals may see, and a command can name nothing else.
 */
export interface Runtime {
  readonly sight: Sight;
  /** As the principals of a tenant see it; null: of the whole fleet. */
  seenBy(tenantId: TenantId | null): Runtime;
  readonly commands: Commands;
  readonly feed: Feed;
  readonly queries: Queries;
  readonly vitals: Vitals;
  readonly clockMode: ClockMode;
  /** The simulated driver is on: faults can be injected. */
  readonly simulated: boolean;
  nowMs(): number;
  health(): Health;
  /** Finish what is begun, flush, unlock. */
  close(): Promise<void>;
}
