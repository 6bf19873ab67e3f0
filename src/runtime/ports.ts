import type { CapacityReport } from "../engine/capacity-report.ts";
import type { CommandEnvelope, CommandResult } from "../model/commands.ts";
import type { FleetEvent } from "../model/events.ts";
import type { FlavorId, GuestId, HostId, Seq, TenantId } from "../model/ids.ts";
import type { HostVerdict, Reason } from "../model/reasons.ts";
import type { Resources } from "../model/resources.ts";
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
  /** By which way it listens, if it is to be found among `Vitals.followers`. */
  readonly transport?: Transport | undefined;
}

export const TRANSPORTS = ["websocket", "sse"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** At the live edge; on the way there; or not taking what it is sent. */
export const FOLLOWING_STATES = ["live", "catching_up", "stalled"] as const;
export type FollowingState = (typeof FOLLOWING_STATES)[number];

/** Where one who listens is. */
export interface Following {
  readonly transport: Transport;
  /** Events of the log that it has yet to be given, or that nobody has looked at for it. */
  readonly behind: number;
  readonly state: FollowingState;
}

/** How the control plane fares: for metrics. */
export interface Vitals {
  /** The writer's own metrics in Prometheus's text format, asked of it now. Rejects when it has ended. */
  writer(): Promise<string>;
  /** Those who follow the feed and have said by which way. */
  followers(): readonly Following[];
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

/** The running control plane as its server sees it. */
export interface Runtime {
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
