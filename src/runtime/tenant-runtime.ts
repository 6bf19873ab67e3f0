import { worstFirst } from "../engine/capacity-report.ts";
import { refsOf } from "../model/command-refs.ts";
import type { Command, CommandEnvelope, CommandResult } from "../model/commands.ts";
import type { FleetEvent } from "../model/events.ts";
import type { EntityType, GuestId, Seq, TenantId } from "../model/ids.ts";
import type { Rejection } from "../model/rejections.ts";
import type { Flow } from "../model/security.ts";
import type { FailureDomain } from "../model/statuses.ts";
import { type Glance, isSeenBy, reasonFor } from "../model/visibility.ts";
import type { Reader } from "../store/reader.ts";
import type {
  CapacityReport,
  Commands,
  DomainLoss,
  Feed,
  FollowOptions,
  PlacementAnswer,
  PlacementQuestion,
  Queries,
  ReachAnswer,
  Runtime,
  Sight,
} from "./ports.ts";

/** The fleet as the principals of one tenant see it; `reader` reads what that tenant may. */
export function runtimeForTenant(fleet: Runtime, tenantId: TenantId, reader: Reader): Runtime {
  const glance: Glance = (type, id) => reader.glance(type, id);
  const sight: Sight = {
    tenantId,
    sees: (event) => isSeenBy(tenantId, event),
    told: (event) => reader.told(event),
    reason: (reason) => reasonFor(glance, reason),
  };
  return {
    sight,
    commands: new TenantCommands(fleet.commands, glance),
    feed: new TenantFeed(fleet.feed, sight),
    queries: new TenantQueries(fleet.queries, reader),
    vitals: fleet.vitals,
    clockMode: fleet.clockMode,
    simulated: fleet.simulated,
    nowMs: () => fleet.nowMs(),
    health: () => fleet.health(),
    seenBy: (other) => fleet.seenBy(other),
    close: () => fleet.close(),
  };
}

/** What others have is not there, whatever is asked of it. */
class TenantCommands implements Commands {
  readonly #commands: Commands;
  readonly #glance: Glance;

  constructor(commands: Commands, glance: Glance) {
    this.#commands = commands;
    this.#glance = glance;
  }

  async submit(envelope: CommandEnvelope): Promise<CommandResult> {
    const refusal = this.#refusalOf(envelope.command);
    const result = await this.#commands.submit(refusal ? { ...envelope, refusal } : envelope);
    return result.ok ? result : { ok: false, rejection: rejectionFor(result.rejection) };
  }

  #refusalOf(command: Command): Rejection | null {
    if ("tenantId" in command && command.tenantId === null)
      return {
        code: "FORBIDDEN",
        message: "This is for those who look after the whole fleet.",
        path: ["tenantId"],
      };
    const unseen = refsOf(command).find(({ ref }) => this.#glance(ref.type, ref.id) === null);
    if (!unseen) return null;
    const message = `There is no such ${nounOf(unseen.ref.type)}.`;
    return { code: "NOT_FOUND", message, path: [unseen.field] };
  }
}

function nounOf(type: EntityType): string {
  if (type === "ApiToken") return "API token";
  return type.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

function rejectionFor(rejection: Rejection): Rejection {
  const { messageForTenants } = rejection;
  return messageForTenants === undefined ? rejection : { ...rejection, message: messageForTenants };
}

/** The tenant's part of the log, at the log's own positions. */
class TenantFeed implements Feed {
  readonly epoch: string;
  readonly #feed: Feed;
  readonly #sight: Sight;

  constructor(feed: Feed, sight: Sight) {
    this.epoch = feed.epoch;
    this.#feed = feed;
    this.#sight = sight;
  }

  head(): Seq {
    return this.#feed.head();
  }

  reaches(seq: Seq): boolean {
    return this.#feed.reaches(seq);
  }

  earliest(): Seq {
    return this.#feed.earliest();
  }

  /** Written out for the same reason as the feed's own followers: it can be returned from at any time. */
  follow(
    afterSeq: Seq,
    options?: FollowOptions,
  ): AsyncGenerator<readonly FleetEvent[], void, void> {
    const all = this.#feed.follow(afterSeq, options);
    const { sees, told } = this.#sight;
    const next = async (): Promise<IteratorResult<readonly FleetEvent[], void>> => {
      for (;;) {
        const batch = await all.next();
        if (batch.done) return batch;
        const events = batch.value.filter(sees).map(told);
        if (events.length > 0) return { done: false, value: events };
      }
    };
    return {
      next,
      return: () => all.return(),
      throw: (error: unknown) => all.throw(error),
      [Symbol.asyncIterator]() {
        return this;
      },
      [Symbol.asyncDispose]: async () => {
        await all.return();
      },
    };
  }
}

class TenantQueries implements Queries {
  readonly reader: Reader;
  readonly #queries: Queries;

  constructor(queries: Queries, reader: Reader) {
    this.#queries = queries;
    this.reader = reader;
  }

  /** Reasons and scores are left out where they are shown, as in the placements that are stored. */
  explainPlacement(question: PlacementQuestion): PlacementAnswer {
    return this.#queries.explainPlacement(question);
  }

  /** What others have is no guest. */
  async canReach(from: GuestId, to: GuestId, flow: Flow): Promise<ReachAnswer | null> {
    const isSeen = (id: GuestId) => this.reader.glance("Guest", id) !== null;
    return isSeen(from) && isSeen(to) ? this.#queries.canReach(from, to, flow) : null;
  }

  async capacityReport(
    losing: FailureDomain,
    signal: AbortSignal | null = null,
  ): Promise<CapacityReport> {
    const report = await this.#queries.capacityReport(losing, signal);
    const own = new Set(
      this.reader.sqlite.prepare<[], GuestId>("SELECT id FROM guests").pluck().all(),
    );
    const losses = report.losses
      .map((loss) => lossOf(own, loss))
      .filter(({ affected, leftBehind }) => affected.length + leftBehind.length > 0)
      .sort(worstFirst);
    return { ...report, losses };
  }
}

function lossOf(own: ReadonlySet<GuestId>, loss: DomainLoss): DomainLoss {
  return {
    ...loss,
    affected: loss.affected.filter((id) => own.has(id)),
    leftBehind: loss.leftBehind.filter(({ guestId }) => own.has(guestId)),
  };
}
