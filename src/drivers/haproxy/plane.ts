import type { LoadBalancerOrder, TargetGroupOrder } from "../../model/actions.ts";
import type { ObservationSink } from "../driver.ts";
import { commandsFor, readServers, wantedServers } from "./servers.ts";
import { ask } from "./socket.ts";
import { checkOf, readStats, type ServerStat } from "./stat.ts";

/** From one look to the next, and at most while HAProxy can't be reached. */
const LOOK_MS = 500;
const LOOK_MS_MOST = 4_000;

/**
 * One HAProxy, kept as it was last told to be: looked at again and again, because it forgets on each reload
 * what it was given while it ran. All of it waits on sockets and nobody waits for it.
 */
export class Plane {
  readonly #socketPath: string;
  readonly #tell: ObservationSink;
  #order: LoadBalancerOrder;
  /** Null before the first look. */
  #isReachable: boolean | null = null;
  #waitMs = LOOK_MS;
  #timer: NodeJS.Timeout | null = null;
  #isLooking = false;
  #isClosed = false;

  constructor(socketPath: string, order: LoadBalancerOrder, tell: ObservationSink) {
    this.#socketPath = socketPath;
    this.#order = order;
    this.#tell = tell;
    this.#soon(0);
  }

  get socketPath(): string {
    return this.#socketPath;
  }

  /** In force at the next look, which is at once. What is older than what it goes by is ignored. */
  set(order: LoadBalancerOrder): void {
    if (order.revision < this.#order.revision) return;
    this.#order = order;
    this.#soon(0);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
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
      const stats: ServerStat[] = [];
      for (const group of order.targetGroups) stats.push(...(await this.#keep(group)));
      if (this.#isClosed) return;
      this.#reached(null);
      this.#report(order, stats);
    } catch (error) {
      if (!this.#isClosed) this.#reached(error instanceof Error ? error.message : String(error));
    } finally {
      this.#isLooking = false;
      this.#soon(order === this.#order ? this.#waitMs : 0);
    }
  }

  /** Brings a backend to what it is to be, and reads how it fares. Throws when it can't. */
  async #keep(group: TargetGroupOrder): Promise<ServerStat[]> {
    const backend = group.backend ?? group.name;
    const answer = await ask(this.#socketPath, `show servers state ${backend}`);
    const known = readServers(answer);
    if (!known) throw new Error(`backend ${backend}: ${answer || "no answer"}`);
    for (const command of commandsFor(backend, known, wantedServers(group)))
      check(command, await ask(this.#socketPath, command));
    return readStats(await ask(this.#socketPath, "show stat"), backend);
  }

  #reached(error: string | null): void {
    const isReachable = error === null;
    this.#waitMs = isReachable ? LOOK_MS : Math.min(LOOK_MS_MOST, this.#waitMs * 2);
    if (isReachable === this.#isReachable) return;
    this.#isReachable = isReachable;
    const { id: loadBalancerId } = this.#order;
    this.#tell(
      error === null
        ? { kind: "LOAD_BALANCER_REACHABLE", loadBalancerId }
        : { kind: "LOAD_BALANCER_UNREACHABLE", loadBalancerId, error },
    );
  }

  #report({ id: loadBalancerId, revision, targetGroups }: LoadBalancerOrder, stats: ServerStat[]) {
    const checks = stats.map(checkOf).filter((each) => each !== null);
    if (checks.length > 0) this.#tell({ kind: "TARGET_CHECKS", loadBalancerId, checks });
    const busy = new Set(stats.filter(({ sessions }) => sessions > 0).map((each) => each.targetId));
    const targetIds = targetGroups
      .flatMap(({ targets }) => targets)
      .filter(({ id, state }) => state === "DRAINING" && !busy.has(id))
      .map(({ id }) => id);
    if (targetIds.length > 0)
      this.#tell({ kind: "TARGETS_IDLE", loadBalancerId, revision, targetIds });
  }
}

/** Answers that mean that it was done, or is to be tried again at the next look. */
const FINE = [/^$/, /^New server registered/, /^Server deleted/, /still has connections/];

/** Throws for an answer that says what was wrong. */
function check(command: string, answer: string): void {
  if (!FINE.some((fine) => fine.test(answer))) throw new Error(`${command}: ${answer}`);
}
