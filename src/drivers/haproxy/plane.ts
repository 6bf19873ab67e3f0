import type { LoadBalancerOrder, TargetGroupOrder } from "../../model/actions.ts";
import type { ObservationSink } from "../driver.ts";
import { commandsFor, readServers, wantedServers } from "./servers.ts";
import { ask } from "./socket.ts";
import { checkOf, isOurs, readStats, type ServerStat, type Stat } from "./stat.ts";
import { TrafficMeter } from "./traffic.ts";

/** From one look to the next, and at most while HAProxy can't be reached. */
const LOOK_MS = 500;
const LOOK_MS_MOST = 4_000;
/** The same where nobody waits for it any more. */
const LEFT_LOOK_MS_MOST = 60_000;

/** Those that a plane is one of. */
export interface Planes {
  readonly tell: ObservationSink;
  /** Another load balancer has this backend of the same HAProxy by now. */
  isTaken(socketPath: string, backend: string): boolean;
  /** Other backends hold servers of it than before. */
  changed(plane: Plane): void;
}

/**
 * One load balancer's part of a HAProxy, kept as it was last told to be: looked at again and again, because
 * HAProxy forgets on each reload what it was given while it ran. All of it waits on sockets and nobody waits for it.
 */
export class Plane {
  readonly socketPath: string;
  readonly #planes: Planes;
  /** Null: it is removed, and what it had is taken away. */
  #order: LoadBalancerOrder | null = null;
  /** Backends that it has no more, and that may hold servers of it. */
  readonly #left: Set<string>;
  readonly #meter = new TrafficMeter();
  /** Null before the first look. */
  #isReachable: boolean | null = null;
  #waitMs = LOOK_MS;
  #timer: NodeJS.Timeout | null = null;
  #isLooking = false;
  #isClosed = false;

  /** `left` are backends that servers may have been left in. Nothing is done before it is told what it is to be. */
  constructor(socketPath: string, planes: Planes, left: readonly string[]) {
    this.socketPath = socketPath;
    this.#planes = planes;
    this.#left = new Set(left);
  }

  get isRemoved(): boolean {
    return this.#order === null;
  }

  /** Those that it has. */
  get backends(): readonly string[] {
    return this.#order?.targetGroups.map(backendOf) ?? [];
  }

  /** All that may hold servers of it. */
  get touched(): readonly string[] {
    return [...new Set([...this.backends, ...this.#left])].sort();
  }

  /** In force at the next look, which is at once. What is older than what it goes by is ignored. */
  set(order: LoadBalancerOrder): void {
    if (order.revision < (this.#order?.revision ?? 0)) return;
    this.#become(order);
  }

  /** Its servers get no more requests, and are deleted when they have none left. */
  remove(): void {
    this.#become(null);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #become(order: LoadBalancerOrder | null): void {
    const before = this.touched;
    for (const backend of this.backends) this.#left.add(backend);
    this.#order = order;
    for (const backend of this.backends) this.#left.delete(backend);
    if (this.touched.join() !== before.join()) this.#planes.changed(this);
    this.#soon(0);
  }

  #soon(waitMs: number): void {
    if (this.#isClosed || this.#isLooking) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), waitMs);
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    const order = this.#order;
    try {
      const { stats, refusal } = await this.#keepAll(order?.targetGroups ?? []);
      for (const backend of [...this.#left]) await this.#clear(backend);
      if (this.#isClosed) return;
      this.#waitMs = LOOK_MS;
      this.#reached(order, refusal);
      if (order) this.#report(order, stats);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      this.#backOff();
      if (!this.#isClosed) this.#reached(order, words);
    } finally {
      this.#isLooking = false;
      const isDone = this.#order === null && this.#left.size === 0;
      if (!isDone) this.#soon(order === this.#order ? this.#waitMs : 0);
    }
  }

  #backOff(): void {
    const most = this.isRemoved ? LEFT_LOOK_MS_MOST : LOOK_MS_MOST;
    this.#waitMs = Math.min(most, this.#waitMs * 2);
  }

  /** A group that HAProxy will not have, as when its backend is missing, keeps none of the others from theirs. */
  async #keepAll(groups: readonly TargetGroupOrder[]) {
    const stats = new Map<string, readonly Stat[]>();
    let refusal: string | null = null;
    for (const group of groups)
      try {
        stats.set(group.name, await this.#keep(group));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refusal ??= error.message;
      }
    return { stats, refusal };
  }

  /** Brings a backend to what it is to be, and reads how it fares. Throws when it can't. */
  async #keep(group: TargetGroupOrder): Promise<Stat[]> {
    const backend = backendOf(group);
    const answer = await ask(this.socketPath, `show servers state ${backend}`);
    const known = readServers(answer);
    if (!known) throw new Refusal(`backend ${backend}: ${answer || "no answer"}`);
    await this.#give(commandsFor(backend, known, wantedServers(group)));
    return readStats(await ask(this.socketPath, "show stat"), backend);
  }

  /** Takes what is left in a backend away, as far as it has no connections. */
  async #clear(backend: string): Promise<void> {
    const isTaken = this.#planes.isTaken(this.socketPath, backend);
    const answer = isTaken ? "" : await ask(this.socketPath, `show servers state ${backend}`);
    const known = readServers(answer) ?? [];
    await this.#give(commandsFor(backend, known, []));
    if (known.length > 0 || this.#isClosed || !this.#left.delete(backend)) return;
    this.#planes.changed(this);
  }

  async #give(commands: readonly string[]): Promise<void> {
    for (const command of commands) {
      if (this.#isClosed) return;
      check(command, await ask(this.socketPath, command));
    }
  }

  #reached(order: LoadBalancerOrder | null, error: string | null): void {
    const isReachable = error === null;
    if (!order || isReachable === this.#isReachable) return;
    this.#isReachable = isReachable;
    const { id: loadBalancerId } = order;
    this.#planes.tell(
      error === null
        ? { kind: "LOAD_BALANCER_REACHABLE", loadBalancerId }
        : { kind: "LOAD_BALANCER_UNREACHABLE", loadBalancerId, error },
    );
  }

  #report(order: LoadBalancerOrder, byGroup: ReadonlyMap<string, readonly Stat[]>): void {
    const { id: loadBalancerId, revision } = order;
    const targetGroups = order.targetGroups.filter(({ name }) => byGroup.has(name));
    const { tell } = this.#planes;
    const stats = [...byGroup.values()].flat().filter(isOurs);
    const checks = stats.map(checkOf).filter((each) => each !== null);
    if (checks.length > 0) tell({ kind: "TARGET_CHECKS", loadBalancerId, checks });
    const targetIds = idleTargets(targetGroups, stats);
    if (targetIds.length > 0) tell({ kind: "TARGETS_IDLE", loadBalancerId, revision, targetIds });
    const traffic = this.#meter.measure(order, byGroup, performance.now());
    if (traffic) tell({ kind: "TRAFFIC", loadBalancers: [traffic] });
  }
}

function backendOf({ backend, name }: TargetGroupOrder): string {
  return backend ?? name;
}

/** Those that are draining and have no connections. */
function idleTargets(groups: readonly TargetGroupOrder[], stats: readonly ServerStat[]) {
  const busy = new Set(stats.filter(({ sessions }) => sessions > 0).map((each) => each.targetId));
  return groups
    .flatMap(({ targets }) => targets)
    .filter(({ id, state }) => state === "DRAINING" && !busy.has(id))
    .map(({ id }) => id);
}

/** Answers that mean that it was done, or is to be tried again at the next look. */
const FINE = [/^$/, /^New server registered/, /^Server deleted/, /still has connections/];

/** What HAProxy answered when it would not do as told. */
class Refusal extends Error {}

/** Throws for an answer that says what was wrong. */
function check(command: string, answer: string): void {
  if (!FINE.some((fine) => fine.test(answer))) throw new Refusal(`${command}: ${answer}`);
}
