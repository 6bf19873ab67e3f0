import type { Changes, Entities, FleetMeta, Guest, Snapshot } from "../model/entities.ts";
import type { LoadHistory } from "../model/forecast.ts";
import type { HostId, ScalingGroupId, Seq } from "../model/ids.ts";
import { DEFAULT_SETTINGS } from "../model/settings.ts";
import { Demand } from "./demand.ts";
import { HostLoads } from "./host-loads.ts";
import { Indexes } from "./indexes.ts";
import { Learning } from "./learning.ts";
import { Signals } from "./signals.ts";
import { Journal, Table } from "./table.ts";
import { Usage } from "./usage.ts";

/** Finds an entity by the name that is unique in its scope: `scope/name`, or the name alone. */
class Names {
  readonly #ids = new Map<string, number>();

  find(name: string, scope: number | null = null): number | undefined {
    return this.#ids.get(key(name, scope));
  }

  follow(
    before: { id: number; name: string } | undefined,
    after: { id: number; name: string } | undefined,
    scope: number | null = null,
  ): void {
    if (before) this.#ids.delete(key(before.name, scope));
    if (after) this.#ids.set(key(after.name, scope), after.id);
  }
}
function key(name: string, scope: number | null): string {
  return scope === null ? name : `${scope}/${name}`;
}

/** When each host was last heard of. Soft: renewed by heartbeats, gone with the process, not in the log. */
export class Leases {
  readonly #lastMs = new Map<number, number>();
  #startMs: number;
  #newestMs: number;
  #oldestMs: number | null = null;

  constructor(startMs: number) {
    this.#startMs = startMs;
    this.#newestMs = startMs;
  }

  /** It was heard of since the process started. */
  knows(hostId: number): boolean {
    return this.#lastMs.has(hostId);
  }

  heardAfter(hostId: number, atMs: number): boolean {
    return (this.#lastMs.get(hostId) ?? Number.NEGATIVE_INFINITY) > atMs;
  }

  /** A host not heard of since the start has been silent since the start: a restart blames nobody. */
  lastMs(hostId: number): number {
    return Math.max(this.#lastMs.get(hostId) ?? this.#startMs, this.#startMs);
  }

  renew(hostId: number, nowMs: number): void {
    if (this.lastMs(hostId) === this.#oldestMs || nowMs < (this.#oldestMs ?? 0))
      this.#oldestMs = null;
    this.#lastMs.set(hostId, nowMs);
    this.#newestMs = Math.max(this.#newestMs, nowMs);
  }

  /** The clock went back: some host was heard of later than now. */
  isAheadOf(nowMs: number): boolean {
    return nowMs < this.#newestMs;
  }

  /** Nobody listened for a while, or the clock was set: all leases begin anew. */
  beginAnew(nowMs: number): void {
    for (const [hostId, lastMs] of this.#lastMs)
      if (lastMs > nowMs) this.#lastMs.set(hostId, nowMs);
    this.#startMs = nowMs;
    this.#newestMs = nowMs;
    this.#oldestMs = null;
  }

  /** The oldest lease of the hosts that are watched; infinite when there are none. */
  oldestMs(watched: ReadonlySet<number>): number {
    this.#oldestMs ??= this.#findOldest(watched);
    return this.#oldestMs;
  }

  /** Other hosts may be watched now. */
  forgetOldest(): void {
    this.#oldestMs = null;
  }

  #findOldest(watched: ReadonlySet<number>): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const id of watched) oldest = Math.min(oldest, this.lastMs(id));
    return oldest;
  }
}

function named(history: LoadHistory | undefined) {
  return history && { id: history.id, name: history.metric };
}

export type Tables = { readonly [T in keyof Entities]: Table<Entities[T]> };

/** Which waiting guests are to be looked at: where no room has come free, those whose turn it may be. */
export type PlacementDue = (typeof PLACEMENT_DUE)[number];
const PLACEMENT_DUE = ["NOBODY", "NEXT_IN_TURN", "EVERYONE"] as const;
export function widest(a: PlacementDue, b: PlacementDue): PlacementDue {
  return PLACEMENT_DUE.indexOf(a) > PLACEMENT_DUE.indexOf(b) ? a : b;
}

/** What is to be looked at besides what has a time of its own. */
export interface LooksDue {
  readonly placementDue: PlacementDue;
  readonly movesDueAtMs: number;
  readonly groupsDue: ReadonlySet<ScalingGroupId>;
}

const NO_GROUPS: ReadonlySet<ScalingGroupId> = new Set();

/**
 * The fleet as the engine sees it: tables, the indexes over them, and the hosts' leases. Changed by
 * `evolve` alone; every change can be undone back to the last checkpoint.
 */
export class State {
  readonly indexes = new Indexes((id) => this.tables.Guest.find(id));
  readonly names = {
    region: new Names(),
    zone: new Names(),
    dataCenter: new Names(),
    rack: new Names(),
    host: new Names(),
    tenant: new Names(),
    flavor: new Names(),
    image: new Names(),
    guest: new Names(),
    affinityRule: new Names(),
    securityGroup: new Names(),
    loadBalancer: new Names(),
    scalingGroup: new Names(),
    /** Their names are those of metrics. */
    loadHistory: new Names(),
  };
  readonly leases: Leases;
  readonly tables: Tables;
  /**
   * Room may have come free since waiting guests were last looked at; the next TICK looks again, once
   * for all that happened at this instant. Soft: everyone at start, set by the facts that free room.
   */
  placementDue: PlacementDue = "EVERYONE";
  /**
   * When guests that should be elsewhere are looked at: 0 is at the next TICK. Soft: that at start,
   * set by the facts after which a move may be needed or possible.
   */
  movesDueAtMs = 0;
  /**
   * Neither is looked at before this, as long as there are hosts to be waited for. Soft: not at start.
   */
  looksHeldUntilMs: number | null = null;
  /** How near hosts without cooling are to tripping, 0 to 1, as last measured. Soft, like the leases. */
  readonly heat = new Map<number, number>();
  readonly usage = new Usage();
  readonly demand = new Demand();
  readonly hostLoads = new HostLoads();
  /** When balancing and power management are thought over next. Soft: one interval after the start. */
  balancingDueAtMs: number | null = null;
  /**
   * Hosts that have changed, themselves or their guests, for whoever meters them and empties this. Soft,
   * and also told what is taken back.
   */
  readonly touchedHosts = new Set<HostId>();
  /** The same of scaling groups. */
  readonly touchedGroups = new Set<ScalingGroupId>();
  readonly signals: Signals;
  readonly learning = new Learning();
  /** Scaling groups to be looked at in the next TICK. Soft: all at start, then by what happens to them. */
  groupsDue = new Set<ScalingGroupId>();
  /** Faults in force, by `kind:target`. */
  readonly faults = new Map<string, number>();
  #meta: FleetMeta = {
    seq: 0,
    nextId: 1,
    settings: DEFAULT_SETTINGS,
    armed: true,
    contactLostAtMs: null,
    silencesCountFromMs: null,
    stockDueAtMs: null,
  };
  readonly #journal = new Journal();
  #metaAtCheckpoint: FleetMeta = this.#meta;

  private constructor(nowMs: number) {
    this.leases = new Leases(nowMs);
    this.signals = new Signals(nowMs);
    const { names, indexes } = this;
    this.tables = {
      Region: new Table("Region", this.#journal, (b, a) => names.region.follow(b, a)),
      Zone: new Table("Zone", this.#journal, (b, a) => {
        names.zone.follow(b, a);
        const zone = a ?? b;
        if (!zone) return;
        const hosts = indexes.hostsInZone.of(zone.id).map((id) => this.tables.Host.get(id));
        indexes.incidents.zoneChanged(b, a);
        indexes.zoneChanged(zone, a !== undefined, hosts);
      }),
      DataCenter: new Table("DataCenter", this.#journal, (b, a) =>
        names.dataCenter.follow(b, a, (a ?? b)?.zoneId),
      ),
      Rack: new Table("Rack", this.#journal, (b, a) =>
        names.rack.follow(b, a, (a ?? b)?.dataCenterId),
      ),
      Host: new Table("Host", this.#journal, (b, a) => {
        names.host.follow(b, a);
        indexes.hostChanged(b, a);
        this.touchedHosts.add((a ?? b)?.id as HostId);
        this.leases.forgetOldest();
      }),
      Tenant: new Table("Tenant", this.#journal, (b, a) => names.tenant.follow(b, a)),
      Flavor: new Table("Flavor", this.#journal, (b, a) => names.flavor.follow(b, a)),
      Image: new Table("Image", this.#journal, (b, a) => names.image.follow(b, a)),
      Guest: new Table("Guest", this.#journal, (b, a) => {
        if (!b || !a) names.guest.follow(b, a, (a ?? b)?.tenantId);
        if (b && !a) {
          this.usage.forget(b.id);
          this.demand.forget(b.id);
        }
        indexes.guestChanged(b, a);
        this.#dependentChanged(b, a);
        this.hostLoads.guestChanged(b, a);
        if (b?.hostId) this.touchedHosts.add(b.hostId);
        if (a?.hostId) this.touchedHosts.add(a.hostId);
      }),
      AffinityRule: new Table("AffinityRule", this.#journal, (b, a) => {
        names.affinityRule.follow(b, a);
        indexes.ruleChanged(b, a);
      }),
      SecurityGroup: new Table("SecurityGroup", this.#journal, (b, a) =>
        names.securityGroup.follow(b, a, (a ?? b)?.tenantId),
      ),
      Fault: new Table("Fault", this.#journal, (b, a) => {
        if (b) this.faults.delete(`${b.kind}:${b.target.id}`);
        if (a) this.faults.set(`${a.kind}:${a.target.id}`, a.id);
      }),
      Failover: new Table("Failover", this.#journal, indexes.failoverChanged),
      Operation: new Table("Operation", this.#journal, indexes.operationChanged),
      Incident: new Table("Incident", this.#journal, indexes.incidents.incidentChanged),
      ApiToken: new Table("ApiToken", this.#journal, () => {}),
      Recommendation: new Table("Recommendation", this.#journal, () => {}),
      LoadBalancer: new Table("LoadBalancer", this.#journal, (b, a) =>
        names.loadBalancer.follow(b, a, (a ?? b)?.tenantId),
      ),
      LoadBalancerTarget: new Table(
        "LoadBalancerTarget",
        this.#journal,
        indexes.targets.targetChanged,
      ),
      ScalingGroup: new Table("ScalingGroup", this.#journal, (b, a) => {
        if (!b || !a) names.scalingGroup.follow(b, a, (a ?? b)?.tenantId);
        if (b && !a) {
          this.signals.forget(b.id);
          this.learning.forget(b.id);
        }
        this.touchedGroups.add((a ?? b)?.id as ScalingGroupId);
        indexes.scalingGroupChanged(b, a);
      }),
      LoadHistory: new Table("LoadHistory", this.#journal, (b, a) =>
        names.loadHistory.follow(named(b), named(a), (a ?? b)?.groupId),
      ),
    };
  }

  /** Members that others depend on stay, even those of no use. */
  #dependentChanged(before: Guest | undefined, after: Guest | undefined): void {
    const [had, has] = [before, after].map((guest) => guest?.recovery.dependsOn ?? []);
    if (had === has && before?.deleting === after?.deleting) return;
    for (const id of [...(had ?? []), ...(has ?? [])]) {
      const groupId = this.tables.Guest.find(id)?.membership?.groupId;
      if (groupId !== undefined) this.groupsDue.add(groupId);
    }
  }

  /** Null is an empty fleet. `nowMs` starts the hosts' leases. */
  static from(snapshot: Snapshot | null, nowMs: number): State {
    const state = new State(nowMs);
    if (!snapshot) return state;
    state.#setMeta(snapshot.meta);
    state.#metaAtCheckpoint = snapshot.meta;
    for (const type of Object.keys(state.tables) as (keyof Entities)[])
      (state.tables[type] as Table<Entities[typeof type]>).load(snapshot.entities[type] as never);
    for (const { id } of state.tables.ScalingGroup.values()) state.groupsDue.add(id);
    return state;
  }

  get meta(): FleetMeta {
    return this.#meta;
  }

  /** An event was folded in, and this is the newest id that it gave out. */
  follow(seq: Seq, id: number): void {
    this.#meta = { ...this.#meta, seq, nextId: Math.max(this.#meta.nextId, id + 1) };
  }

  setMeta(change: Partial<FleetMeta>): void {
    this.#setMeta({ ...this.#meta, ...change });
  }

  #setMeta(meta: FleetMeta): void {
    const isResettled = meta.settings !== this.#meta.settings;
    this.#meta = meta;
    if (isResettled) this.indexes.settingsChanged(meta.settings);
  }

  /** Rows that changed since the last checkpoint, as they are now. */
  changes(): Changes {
    const rows = Object.fromEntries(
      Object.keys(this.tables).map((type) => [type, new Map<number, unknown>()]),
    ) as unknown as { [T in keyof Entities]: Map<number, Entities[T] | undefined> };
    for (const { type, id } of this.#journal.changes)
      (rows[type] as Map<number, unknown>).set(id, this.tables[type].find(id));
    return { meta: this.#meta, rows };
  }

  /** Accepts all changes made so far: they can no longer be undone. */
  checkpoint(): void {
    this.#journal.changes.length = 0;
    this.#journal.stretch++;
    this.#metaAtCheckpoint = this.#meta;
  }

  /** Whoever takes it looks at it: from now on only what happens later is due. */
  takeDue(): LooksDue {
    const { placementDue, movesDueAtMs, groupsDue } = this;
    this.placementDue = "NOBODY";
    this.movesDueAtMs = Number.POSITIVE_INFINITY;
    this.groupsDue = new Set();
    return { placementDue, movesDueAtMs, groupsDue };
  }

  mark(): StateMark {
    this.#journal.stretch++;
    return {
      length: this.#journal.changes.length,
      meta: this.#meta,
      placementDue: this.placementDue,
      looksHeldUntilMs: this.looksHeldUntilMs,
      movesDueAtMs: this.movesDueAtMs,
      balancingDueAtMs: this.balancingDueAtMs,
      groupsDue: this.groupsDue.size === 0 ? NO_GROUPS : new Set(this.groupsDue),
      sweepDueAtMs: this.signals.sweepDueAtMs,
    };
  }

  /** Undoes everything since the mark, newest first; without one, since the last checkpoint. */
  rollback(
    mark: StateMark = {
      length: 0,
      meta: this.#metaAtCheckpoint,
      placementDue: "EVERYONE",
      looksHeldUntilMs: null,
      movesDueAtMs: 0,
      balancingDueAtMs: null,
      groupsDue: new Set(this.tables.ScalingGroup.sorted().map(({ id }) => id)),
      sweepDueAtMs: this.signals.sweepDueAtMs,
    },
  ): void {
    const { changes } = this.#journal;
    this.#journal.stretch++;
    while (changes.length > mark.length) {
      const change = changes.pop();
      change?.table.restore(change.id, change.before);
    }
    this.#setMeta(mark.meta);
    this.placementDue = mark.placementDue;
    this.looksHeldUntilMs = mark.looksHeldUntilMs;
    this.movesDueAtMs = mark.movesDueAtMs;
    this.balancingDueAtMs = mark.balancingDueAtMs;
    this.groupsDue = new Set(mark.groupsDue);
    this.signals.sweepDueAtMs = mark.sweepDueAtMs;
  }

  /** All of it, in order of id. */
  snapshot(): Snapshot {
    const entities = Object.fromEntries(
      Object.entries(this.tables).map(([type, table]) => [type, table.sorted()]),
    ) as unknown as Snapshot["entities"];
    return { meta: this.#meta, entities };
  }
}

export interface StateMark extends LooksDue {
  readonly looksHeldUntilMs: number | null;
  readonly balancingDueAtMs: number | null;
  readonly length: number;
  readonly meta: FleetMeta;
  readonly sweepDueAtMs: number;
}
