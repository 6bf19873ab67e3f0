import type { ClockedDriver } from "../../src/drivers/driver.ts";
import { createSimulatedDriver } from "../../src/drivers/simulated/driver.ts";
import type { Action, Observation } from "../../src/model/actions.ts";
import type { GuestId } from "../../src/model/ids.ts";
import type { Flow } from "../../src/model/security.ts";
import { PhysicalTruth } from "./physical-truth.ts";

type UtilityChange = Extract<Observation, { kind: "ZONE_UTILITY_CHANGED" }>;

/** The simulated world, with a look at what is true in it after everything that happens. */
export class RealWorld {
  readonly truth = new PhysicalTruth();
  readonly capabilities: ClockedDriver["capabilities"];
  /** Who hears what is seen; nobody while the server is down. */
  listener: ((seen: Observation) => void) | null = null;
  /** What must never be, once it was. */
  problem: string | null = null;
  readonly #driver: ClockedDriver;
  readonly #dirty = new Map<string, string | null>();
  readonly #utilities = new Map<string, UtilityChange>();
  #nowMs: number;

  constructor(seed: number, nowMs: number, stored: ReadonlyMap<string, string>) {
    this.#nowMs = nowMs;
    this.truth.reset(stored);
    const sink = (seen: Observation) => this.#see(seen);
    this.#driver = createSimulatedDriver({ seed, nowMs, sink, state: stored });
    this.capabilities = this.#driver.capabilities;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  nextDueAtMs(): number | null {
    return this.#driver.nextDueAtMs();
  }

  advanceTo(nowMs: number): void {
    this.#nowMs = Math.max(nowMs, this.#nowMs);
    this.#driver.advanceTo(nowMs);
    this.#look();
  }

  perform(action: Action): void {
    this.#driver.perform(action);
    this.#look();
  }

  /** What becomes of a flow in reality. */
  passes(from: GuestId, to: GuestId, flow: Flow): boolean {
    return this.#driver.tryFlow?.(from, to, flow).passes ?? false;
  }

  takeDirtyState(): ReadonlyMap<string, string | null> {
    const taken = new Map(this.#dirty);
    this.#dirty.clear();
    return taken;
  }

  /** The world goes on for so long without anybody who hears of it. */
  outlast(ms: number): void {
    this.listener = null;
    const untilMs = this.#nowMs + ms;
    let dueMs = this.nextDueAtMs();
    while (dueMs !== null && dueMs < untilMs) {
      this.advanceTo(dueMs);
      dueMs = this.nextDueAtMs();
    }
    this.advanceTo(untilMs);
  }

  /** What a driver reads off when it is started: how its zones' utilities are. */
  readUtilities(): readonly UtilityChange[] {
    return [...this.#utilities.values()];
  }

  #see(seen: Observation): void {
    if (seen.kind === "ZONE_UTILITY_CHANGED")
      this.#utilities.set(`${seen.zoneId}/${seen.utility}`, seen);
    if (seen.kind === "USAGE") {
      this.#look();
      this.problem ??= this.truth.unfairness(seen.guests)[0] ?? null;
    }
    this.listener?.(seen);
  }

  #look(): void {
    const changes = this.#driver.takeDirtyState();
    if (changes.size === 0) return;
    for (const [key, value] of changes) this.#dirty.set(key, value);
    this.truth.note(changes);
    this.problem ??= this.truth.doubles()[0] ?? null;
  }
}
