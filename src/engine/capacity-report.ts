import { ENGINE } from "../model/actors.ts";
import type { Host } from "../model/entities.ts";
import type { GuestId, HostId, Ref, Seq } from "../model/ids.ts";
import type { Reason } from "../model/reasons.ts";
import type { FailureDomain, ReasonCode } from "../model/statuses.ts";
import { Context } from "./context.ts";
import { openFailovers } from "./controllers/recovery.ts";
import { startWaiting } from "./controllers/starting.ts";
import { inStartingOrder } from "./controllers/starting-order.ts";
import { isWaking } from "./host-conditions.ts";
import type { State } from "./state.ts";

/**
 * What would not come back if one thing were lost now: each loss is played through on the state, with
 * the engine's own recovery, and taken back. All hosts of the thing go down for good, everything else
 * goes well: guests start at once, and those that have made room for others find a place or don't.
 */

/** A guest that the loss would leave behind. */
export interface LeftBehind {
  readonly guestId: GuestId;
  readonly reasons: readonly Reason[];
}

/** What the loss of one thing would do. */
export interface DomainLoss {
  readonly domain: FailureDomain;
  readonly scope: Ref;
  readonly hosts: number;
  /** Guests that should run and would go down with it. */
  readonly affected: readonly GuestId[];
  /** Those, and guests that had to make room for them, that would not run again; in order of id. */
  readonly leftBehind: readonly LeftBehind[];
}

export interface CapacityReport {
  readonly losing: FailureDomain;
  /** The log position that this is true for. */
  readonly seq: Seq;
  /** Every thing of the kind that has guests, the worst loss first. */
  readonly losses: readonly DomainLoss[];
}

/** Yields now and then, so that whoever runs it can see to other things; the state must be left alone meanwhile. */
export function* capacityReport(
  state: State,
  losing: FailureDomain,
  nowMs: number,
): Generator<void, CapacityReport> {
  const losses: DomainLoss[] = [];
  const mark = state.mark();
  try {
    // What would happen, not what is held back now; and whose turn to boot is yet to come, boots.
    const settings = { ...state.meta.settings, startsPerHost: Number.POSITIVE_INFINITY };
    state.setMeta({ armed: true, contactLostAtMs: null, settings });
    for (const [scope, hosts] of domainsOf(state, losing)) {
      const loss = yield* loseAll(state, { domain: losing, scope, hosts }, nowMs);
      if (loss.affected.length > 0) losses.push(loss);
      yield;
    }
  } finally {
    state.rollback(mark);
  }
  return { losing, seq: state.meta.seq, losses: losses.sort(worstFirst) };
}

export function worstFirst(a: DomainLoss, b: DomainLoss): number {
  return (
    b.leftBehind.length - a.leftBehind.length ||
    b.affected.length - a.affected.length ||
    a.scope.id - b.scope.id
  );
}

/** In order of id. */
function domainsOf(state: State, losing: FailureDomain): [Ref, Host[]][] {
  const { tables } = state;
  const refOf = (host: Host): Ref | null => {
    switch (losing) {
      case "HOST":
        return { type: "Host", id: host.id };
      case "RACK":
        return host.rackId === null ? null : { type: "Rack", id: host.rackId };
      case "DATA_CENTER":
        return { type: "DataCenter", id: host.dataCenterId };
      case "ZONE":
        return { type: "Zone", id: host.zoneId };
      case "REGION":
        return { type: "Region", id: tables.Zone.get(host.zoneId).regionId };
    }
  };
  const groups = new Map<number, [Ref, Host[]]>();
  for (const host of tables.Host.sorted()) {
    const ref = refOf(host);
    if (!ref) continue;
    const group = groups.get(ref.id);
    if (group) group[1].push(host);
    else groups.set(ref.id, [ref, [host]]);
  }
  return [...groups.values()].sort(([a], [b]) => a.id - b.id);
}

interface Domain {
  readonly domain: FailureDomain;
  readonly scope: Ref;
  readonly hosts: readonly Host[];
}

function* loseAll(
  state: State,
  { domain, scope, hosts }: Domain,
  nowMs: number,
): Generator<void, DomainLoss> {
  const mark = state.mark();
  try {
    const ctx = new Context(state, nowMs, ENGINE);
    for (const host of hosts) goDown(ctx, host);
    openFailovers(ctx);
    const affected = [...ctx.toPlace.guests];
    const behind = yield* recover(ctx, affected);
    const leftBehind = [...behind]
      .sort((a, b) => a - b)
      .map((guestId) => ({ guestId, reasons: state.tables.Guest.get(guestId).blockedBy }));
    return { domain, scope, hosts: hosts.length, affected, leftBehind };
  } finally {
    state.rollback(mark);
  }
}

function goDown(ctx: Context, { id, status }: Host): void {
  const { tables, indexes } = ctx.state;
  for (const guestId of indexes.guestsOnHost.of(id)) {
    const guest = tables.Guest.get(guestId);
    // On its way here: it stays where it is, if that stands.
    if (guest.targetHostId === id && guest.hostId !== id) settle(ctx, guestId);
  }
  if (status !== "DOWN") ctx.emit("HostDown", { host: id, guestsLost: 0 }, null);
  ctx.hostsDown.push(id as HostId);
}

/** Whatever it was busy with has gone well, or was broken off in time. */
function settle(ctx: Context, guestId: GuestId): void {
  ctx.state.tables.Guest.patch(guestId, {
    status: "RUNNING",
    targetHostId: null,
    task: null,
    loss: null,
    blockedBy: [],
    readyAtMs: null,
  });
}

/** Placed at a time: some milliseconds of work. */
const AT_ONCE = 25;

/** Reasons that end as others come up. */
const PASSING: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  "BACKING_OFF",
  "DEPENDENCY_NOT_READY",
  "DEPENDENCY_NOT_RUNNING",
  "HOST_WAKING",
  "IN_PROGRESS",
  "MIGRATIONS_LIMITED",
  "PREEMPTING",
  "STARTS_LIMITED",
]);

/** Gives back those that stay down. */
function* recover(ctx: Context, affected: readonly GuestId[]): Generator<void, Set<GuestId>> {
  const down = new Set(affected);
  let round: readonly GuestId[] = affected;
  while (round.length > 0) {
    let hasNews = false;
    let hasFreed = false;
    const inTurn = inStartingOrder(
      ctx.state,
      round.map((id) => ctx.state.tables.Guest.get(id)),
    );
    for (let from = 0; from < inTurn.length; from += AT_ONCE) {
      const news = startSome(
        ctx,
        inTurn.slice(from, from + AT_ONCE).map(({ id }) => id),
      );
      for (const id of news.up) down.delete(id);
      for (const id of news.preempted) down.add(id);
      hasFreed ||= news.preempted.length > 0;
      hasNews ||= news.up.length + news.preempted.length > 0;
      yield;
    }
    if (!hasNews && !wakeStandby(ctx.state)) break;
    hasFreed ||= !hasNews;
    // Those that made room for one may have made room for another, too.
    round = hasFreed ? [...down] : [...down].filter((id) => mayYetStart(ctx, id));
  }
  return down;
}

/** Guests without a place wake hosts that stand by, or are about to. False when there are none. */
function wakeStandby({ meta, indexes, tables }: State): boolean {
  if (meta.settings.powerManagement !== "AUTO") return false;
  const ids = new Set<HostId>([...indexes.standby, ...indexes.waking, ...indexes.attended]);
  const hosts = [...ids].map((id) => tables.Host.get(id)).filter(isSaved);
  for (const { id } of hosts) tables.Host.patch(id, { status: "UP", power: null });
  return hosts.length > 0;
}

function isSaved(host: Host): boolean {
  return !host.maintenance && (host.power?.verb === "STANDBY" || isWaking(host));
}

function mayYetStart(ctx: Context, guestId: GuestId): boolean {
  const { blockedBy } = ctx.state.tables.Guest.get(guestId);
  return blockedBy.length === 0 || blockedBy.some(({ code }) => PASSING.has(code));
}

function startSome(ctx: Context, ids: readonly GuestId[]) {
  const first = ctx.events.length;
  ctx.toPlace.guests.clear();
  for (const id of ids) ctx.toPlace.guests.add(id);
  startWaiting(ctx);
  const up: GuestId[] = [];
  const preempted: GuestId[] = [];
  for (const { kind, payload } of ctx.events.slice(first)) {
    if (kind === "GuestRecovering" || kind === "GuestPlaced") {
      settle(ctx, payload.guest);
      up.push(payload.guest);
    } else if (kind === "GuestPreempted") {
      ctx.emit("GuestStopped", { guest: payload.guest, host: payload.host }, null);
      preempted.push(payload.guest);
    }
  }
  return { up, preempted };
}
