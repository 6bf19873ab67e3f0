import { isDeepStrictEqual } from "node:util";
import { nextDueAtMs } from "../../src/engine/engine.ts";
import { evolve } from "../../src/engine/evolve.ts";
import { isAsDesired } from "../../src/engine/guest-conditions.ts";
import { violations } from "../../src/engine/invariants.ts";
import { judgeFlow } from "../../src/engine/security.ts";
import { State } from "../../src/engine/state.ts";
import type { Guest, ScalingGroup } from "../../src/model/entities.ts";
import type { EventKind, FleetEvent } from "../../src/model/events.ts";
import { goesOn } from "../../src/model/group-refresh.ts";
import type { Flow } from "../../src/model/security.ts";
import type { ReasonCode } from "../../src/model/statuses.ts";
import { foresee } from "../engine/foresee.ts";
import type { RealCopy } from "./physical-truth.ts";
import type { Server } from "./server.ts";

const BROKEN_RULE = /^rule (\S+) is strict and broken$/;

/** After every commit: the fleet as the engine holds it. */
export class FleetChecks {
  /** Strict rules that were written when their guests stood otherwise: broken until those have moved. */
  readonly #late = new Set<string>();

  violations(state: State, news: readonly FleetEvent[]): readonly string[] {
    const all = violations(state);
    const broken = new Set(all.map((each) => BROKEN_RULE.exec(each)?.[1]));
    for (const name of this.#late) if (!broken.has(name)) this.#late.delete(name);
    const isNews = news.some(
      ({ kind }) => kind.startsWith("AffinityRule") || kind === "HostChanged",
    );
    if (isNews) for (const name of broken) if (name !== undefined) this.#late.add(name);
    return [
      ...all.filter((each) => !this.#late.has(BROKEN_RULE.exec(each)?.[1] ?? "")),
      ...hastyFarewells(state, news),
      ...hastyRefreshes(state, news),
    ];
  }
}

/** By itself the engine deletes no member that runs while a hook for that is open, or was never asked for. */
function hastyFarewells({ tables }: State, news: readonly FleetEvent[]): string[] {
  return news.flatMap(({ kind, actor, payload }) => {
    if (kind !== "GuestDeleteRequested" || actor.kind !== "ENGINE") return [];
    const { name, membership } = tables.Guest.find(payload.guest) ?? {};
    if (!membership || membership.runsSinceMs === null) return [];
    const { lifecycle } = membership;
    const hooks = tables.ScalingGroup.get(membership.groupId).lifecycleHooks;
    const isAsked = lifecycle?.transition === "TERMINATING";
    if (!isAsked && !hooks.some(({ transition }) => transition === "TERMINATING")) return [];
    if (isAsked && lifecycle.hooks.length === 0) return [];
    return [`member ${name} is deleted, and its hooks are not completed`];
  });
}

/** A refresh takes nobody down whom it takes to have enough that serve, and makes no group larger than it may be. */
function hastyRefreshes(state: State, news: readonly FleetEvent[]): string[] {
  return news.flatMap(({ kind, payload, atMs }) => {
    const groupId = kind === "MemberRefreshed" ? payload.group : null;
    const group = state.tables.ScalingGroup.find(groupId ?? 0);
    if (kind !== "MemberRefreshed" || !group) return [];
    const serving = servingMembers(state, group, atMs);
    const size = remaining(state, group).length;
    return [
      ...(payload.served && serving < payload.least
        ? [`the refresh of ${group.name} leaves ${serving}, and ${payload.least} must serve`]
        : []),
      ...(size > group.max ? [`the refresh of ${group.name} makes ${size}`] : []),
    ];
  });
}

function remaining({ tables, indexes }: State, { id }: ScalingGroup): Guest[] {
  return indexes.scaling.members
    .of(id)
    .map((guest) => tables.Guest.get(guest))
    .filter(({ deleting, membership }) => {
      return !deleting && membership?.lifecycle?.transition !== "TERMINATING";
    });
}

/** Up for the group's warm-up, launched, wanted and well. */
function servingMembers(state: State, group: ScalingGroup, nowMs: number): number {
  return remaining(state, group).filter(({ desired, membership, status }) => {
    if (!membership || desired !== "RUNNING" || membership.illness) return false;
    const sinceMs = Math.max(membership.runsSinceMs ?? nowMs, membership.launchedAtMs ?? nowMs);
    const isUp = status === "RUNNING" || status === "MIGRATING";
    const isLaunched = membership.launchedAtMs !== null;
    return isUp && isLaunched && sinceMs + group.warmUpSeconds * 1000 <= nowMs;
  }).length;
}

/** Between two steps: nothing is overdue, and a second look at the same instant decides nothing. */
export function checkRest({ state }: Server, nowMs: number): string[] {
  const dueMs = nextDueAtMs(state);
  const wrong = dueMs !== null && dueMs <= nowMs ? [`work has been due since ${dueMs}`] : [];
  return [...wrong, ...secondLook(state, nowMs)];
}

function secondLook(state: State, nowMs: number): string[] {
  const { events } = foresee(state, { kind: "TICK" }, nowMs);
  return events.map(({ kind, message }) => `a second look finds ${kind}: ${message}`);
}

/** What is on disk is whole, and the same as the folded log and as what the engine holds. */
export function checkStore(server: Server): string[] {
  const { tables, events } = server.stored();
  const gap = events.findIndex(({ seq }, index) => seq !== index + 1);
  if (gap >= 0) return [`the log has a gap before event ${events[gap]?.seq}`];
  const folded = State.from(null, 0);
  evolve(folded, events);
  return [
    ...(isDeepStrictEqual(folded.snapshot(), tables) ? [] : ["the tables are not the folded log"]),
    ...(isDeepStrictEqual(server.state.snapshot(), tables)
      ? []
      : ["the engine holds other tables"]),
  ];
}

/** Reasons that stay for as long as nobody changes the fleet. */
const LASTING: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  "NO_HOSTS",
  "INSUFFICIENT_CPU",
  "INSUFFICIENT_MEMORY",
  "INSUFFICIENT_STORAGE",
  "AFFINITY_RULE",
  "RULE_CONTRADICTION",
  "RESERVED_BY_OTHERS",
  "ADMISSION_CONTROL",
  "PREEMPTED",
  "DEPENDENCY_NOT_RUNNING",
  "DEPENDENCY_NOT_READY",
  "DEPENDENCY_CYCLE",
  "GROUP_ZONES",
]);

/** With all trouble over for long: what can run runs, what goes on has ended. */
export function checkMended(server: Server, nowMs: number): string[] {
  const { state } = server;
  const { tables } = state;
  return [
    ...tables.Guest.sorted().flatMap((guest) => guestIsWell(server, guest)),
    ...tables.Host.sorted()
      .filter(({ status }) => status !== "STANDBY" || !saves(state))
      .filter(({ status, power, maintenance }) => status !== "UP" || power || maintenance)
      .map(({ name, status, power }) => `host ${name} is ${status}, ${JSON.stringify(power)}`),
    ...tables.Zone.sorted()
      .filter(({ status }) => status !== "HEALTHY")
      .map(({ name, status }) => `zone ${name} is ${status}`),
    ...tables.Failover.sorted()
      .filter(({ completedAtMs }) => completedAtMs === null)
      .map(({ id }) => `failover ${id} goes on`),
    ...endlessOperations(server),
    ...endlessIncidents(server),
    ...unexplainedBreaches(state),
    ...missedChances(state, nowMs),
    ...unservedGroups(state),
    ...endlessRefreshes(state),
  ];
}

/** Hosts that nobody needs are in standby, or were put there on request. */
function saves({ meta }: State): boolean {
  return meta.settings.powerManagement !== "OFF";
}

function guestIsWell({ state }: Server, guest: Guest): string[] {
  if (isAsDesired(guest)) return [];
  const honest = guest.blockedBy.some(({ code, guestId }) => {
    if (!LASTING.has(code)) return false;
    const other = guestId === undefined ? undefined : state.tables.Guest.find(guestId);
    return (
      !code.startsWith("DEPENDENCY_NOT") ||
      !other ||
      !isAsDesired(other) ||
      other.desired !== "RUNNING"
    );
  });
  if (honest) return [];
  const why = guest.blockedBy.map(({ code, message }) => `${code} (${message})`).join(", ");
  return [
    `guest ${guest.name} is ${guest.status}, wanted ${guest.desired}: ${why || "nobody says why"}`,
  ];
}

/** An operation waits for as long as its guest does, and no longer. */
function endlessOperations({ state: { tables } }: Server): string[] {
  return tables.Operation.sorted()
    .filter(({ status }) => status === "RUNNING")
    .filter(({ guestId }) => !tables.Guest.find(guestId ?? 0)?.blockedBy.length)
    .map(
      ({ id, kind, guestId, hostId }) =>
        `operation ${id} (${kind} of #${guestId ?? hostId}) goes on`,
    );
}

/** An incident is open for as long as a guest that it took down stays down. */
function endlessIncidents({ state: { tables } }: Server): string[] {
  const guests = tables.Guest.sorted();
  return tables.Incident.sorted()
    .filter(({ resolvedAtMs }) => resolvedAtMs === null)
    .filter(({ id }) => !guests.some((guest) => guest.incidentId === id && !isAsDesired(guest)))
    .map(({ id, domain }) => `incident ${id} (${domain}) stays open`);
}

/** A strict rule that was written late is kept by now, or some guest says why it can't move. */
function unexplainedBreaches(state: State): string[] {
  return violations(state).filter((each) => {
    const id = state.names.affinityRule.find(BROKEN_RULE.exec(each)?.[1] ?? "") ?? 0;
    const guestIds = state.tables.AffinityRule.find(id)?.guestIds ?? [];
    return !guestIds.some((guest) => state.tables.Guest.get(guest).moveBlockedBy.length > 0);
  });
}

/** Were all that waits looked at once more, nothing would be found that was overlooked before. */
function missedChances(state: State, nowMs: number): string[] {
  const { placementDue } = state;
  state.placementDue = "EVERYONE";
  const { events } = foresee(state, { kind: "TICK" }, nowMs);
  state.placementDue = placementDue;
  // Reasons may have changed as room was taken; nobody is told of that until there is room again.
  return events
    .filter(({ kind }) => kind !== "GuestBlocked" && kind !== "GuestRecoveryBlocked")
    .map(({ kind, message }) => `a look at all that waits finds ${kind}: ${message}`);
}

/** A group has its members, and all that have a place run, unless it says why not. */
function unservedGroups(state: State): string[] {
  return state.tables.ScalingGroup.sorted().flatMap(({ id, name, min, deleting, blockedBy }) => {
    if (deleting) return [`scaling group ${name} is still there`];
    const running = state.indexes.scaling.members
      .of(id)
      .map((each) => state.tables.Guest.get(each))
      .filter(({ status }) => status === "RUNNING").length;
    const why = blockedBy.map(({ code }) => code).join();
    const isHonest = /^(NO_CAPACITY|OVER_QUOTA|AT_MAX)$/.test(why);
    return running >= min || isHonest
      ? []
      : [`${running} members of ${name} run, of ${min} at least: ${why || "nobody says why"}`];
  });
}

/** A refresh ends, or says why it does not go on. */
function endlessRefreshes({ tables }: State): string[] {
  return tables.ScalingGroup.sorted()
    .filter(({ refresh, blockedBy }) => goesOn(refresh) && blockedBy.length === 0)
    .map(({ name, refresh }) => `the refresh of ${name} stays ${refresh?.status}`);
}

const COPY_OF: Readonly<Record<string, RealCopy["state"]>> = {
  RUNNING: "RUNNING",
  SUSPENDED: "SUSPENDED",
};

/** With nothing on its way, the world is as the engine believes. */
export function checkBelief({ state, world }: Server): string[] {
  const copies = new Map(world.truth.copies().map((copy) => [copy.guestId, copy]));
  const wrong = state.tables.Guest.sorted().flatMap((guest) => {
    const copy = copies.get(guest.id);
    copies.delete(guest.id);
    const [believed, real] = [COPY_OF[guest.status], copy?.state];
    if (believed === real && (!copy || copy.hostId === guest.hostId)) return [];
    const where = copy ? `${real} on host #${copy.hostId}` : "nowhere";
    return [`guest ${guest.name} is held for ${guest.status} on #${guest.hostId}; it is ${where}`];
  });
  const strays = [...copies.values()].map(
    ({ guestId, hostId }) => `guest #${guestId} is gone, and runs on host #${hostId}`,
  );
  return [...wrong, ...strays];
}

const FLOWS: readonly Flow[] = [
  { protocol: "ANY", port: null },
  { protocol: "TCP", port: 443 },
  { protocol: "UDP", port: 4_000 },
  { protocol: "ICMP", port: null },
];

/** With nothing on its way and no fault, the world lets pass what the rules do, among guests that run. */
export function checkFlows({ state, world }: Server): string[] {
  const running = state.tables.Guest.sorted().filter(({ status }) => status === "RUNNING");
  return running.flatMap((from) =>
    running.flatMap((to) =>
      FLOWS.filter((flow) => {
        const verdicts = judgeFlow(state, from.id, to.id, flow);
        const isLet = verdicts?.egress.rule && verdicts.ingress.rule;
        return Boolean(isLet) !== world.passes(from.id, to.id, flow);
      }).map(
        ({ protocol, port }) =>
          `${protocol} ${port} from ${from.name} to ${to.name} is not as the rules say`,
      ),
    ),
  );
}

/** What time brings about alone. */
const PASSES: ReadonlySet<EventKind> = new Set<EventKind>(["ClockAdvanced", "GroupLoadLearned"]);
/** Forecasts settle for hours: what is advised may change, but not to and fro. */
const ADVICE: ReadonlySet<EventKind> = new Set<EventKind>([
  "RecommendationMade",
  "RecommendationWithdrawn",
]);
const ADVICE_MOST = 2;

/** Nobody does anything, and nothing has to be done: nothing happens. */
export function checkQuiet(events: readonly FleetEvent[]): string[] {
  const isSettling = events.filter(({ kind }) => ADVICE.has(kind)).length <= ADVICE_MOST;
  return events
    .filter(({ kind }) => !PASSES.has(kind) && !(isSettling && ADVICE.has(kind)))
    .map(({ seq, kind, message }) => `by itself, event ${seq} ${kind}: ${message}`);
}
