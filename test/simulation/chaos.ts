import type { Capabilities, ClockedDriver } from "../../src/drivers/driver.ts";
import type { Action, Observation } from "../../src/model/actions.ts";
import type { HostId } from "../../src/model/ids.ts";
import { chanceOf } from "./chance.ts";
import { LoadBalancingWatch } from "./load-balancing-watch.ts";
import type { RealWorld } from "./real-world.ts";

type Answer = Extract<Observation, { kind: "ACTION_DONE" | "ACTION_FAILED" }>;
type ToldAction = Extract<
  Action,
  { kind: "ISOLATE" | "SET_SECURITY_GROUPS" | "SET_LOAD_BALANCER" }
>;
type AnsweredAction = Extract<Action, { generation: number }>;

/** Calls at one instant after which time is held to stand still. */
const CALLS_AT_ONCE = 20_000;

/** What befalls orders and answers, as a function of what they are: the same in each run of a seed. */
export class Weather {
  readonly #seed: number;
  /** 0 is calm. */
  probability: number;
  /** How often each order was given: one that was carried out once can't be said to have failed. */
  readonly #given = new Map<string, number>();

  constructor(seed: number, probability: number) {
    this.#seed = seed;
    this.probability = probability;
  }

  order(action: AnsweredAction): "ARRIVES" | "FAILS" | "LOST" | "TWICE" | "AGAIN_LATER" {
    const key = nameOf(action);
    const times = (this.#given.get(key) ?? 0) + 1;
    this.#given.set(key, times);
    const chance = chanceOf(this.#seed, "order", key, times);
    if (!chance.is(this.probability)) return "ARRIVES";
    const fate = chance.of(["FAILS", "FAILS", "LOST", "TWICE", "AGAIN_LATER"] as const);
    return fate === "FAILS" && times > 1 ? "ARRIVES" : fate;
  }

  echoes(action: ToldAction): boolean {
    return chanceOf(this.#seed, "echo", action.kind, ...aboutOf(action)).is(this.probability);
  }

  answer(answer: Answer, nth: number): "ARRIVES" | "LOST" | "TWICE" | "LATE" {
    const { action, guestId, hostId, generation } = answer;
    const chance = chanceOf(this.#seed, "answer", action, guestId, hostId, generation, nth);
    return chance.is(this.probability) ? chance.of(["LOST", "TWICE", "LATE", "LATE"]) : "ARRIVES";
  }

  /** For how long something is on its way, in ms. */
  delayMs(about: string): number {
    const chance = chanceOf(this.#seed, "delay", about);
    return chance.int(1, chance.of([900, 9_000, 45_000]));
  }
}

function isTold(action: Action): action is ToldAction {
  const { kind } = action;
  return kind === "ISOLATE" || kind === "SET_SECURITY_GROUPS" || kind === "SET_LOAD_BALANCER";
}

function aboutOf(action: ToldAction): number[] {
  if (action.kind === "ISOLATE") return [action.guestId, action.isolation.revision];
  if (action.kind === "SET_SECURITY_GROUPS") return [action.revision];
  return [action.loadBalancer.id, action.loadBalancer.revision];
}

function nameOf(action: AnsweredAction): string {
  const guestId = "guestId" in action ? action.guestId : null;
  return [action.kind, guestId, action.hostId, action.generation].join("/");
}

function isFailureOf(seen: Observation, action: AnsweredAction): boolean {
  if (seen.kind !== "ACTION_FAILED" || seen.action !== action.kind) return false;
  const isSame = seen.hostId === action.hostId && seen.generation === action.generation;
  return isSame && seen.guestId === ("guestId" in action ? action.guestId : null);
}

interface Late {
  readonly atMs: number;
  /** Null for what concerns no host in particular. */
  readonly hostId: HostId | null;
  readonly seen: Observation | null;
  readonly action: Action | null;
}

/**
 * Stands between the runtime and the simulated world. Orders fail, are
 * lost or are carried out twice; answers are lost, repeated or late. What one host tells stays in
 * order; among hosts it does not. A new contact is a new connection: what was under way in the old
 * one is lost.
 */
export class ChaosDriver implements ClockedDriver {
  readonly name = "simulated";
  readonly capabilities: Capabilities;
  readonly #world: RealWorld;
  readonly #weather: Weather;
  readonly #tell: (seen: Observation) => void;
  /** Asked before each order is given; false: the server is no more. */
  readonly #mayAct: () => boolean;
  readonly #watch = new LoadBalancingWatch();
  #late: Late[] = [];
  #answers = 0;
  #nowMs: number;
  #calls = 0;
  /** What must never be, once it was. */
  problem: string | null = null;
  /** The process it belonged to is gone. */
  isDead = false;

  constructor(parts: {
    world: RealWorld;
    weather: Weather;
    tell: (seen: Observation) => void;
    mayAct: () => boolean;
  }) {
    this.#world = parts.world;
    this.#weather = parts.weather;
    this.#nowMs = parts.world.nowMs;
    this.#tell = parts.tell;
    this.#mayAct = parts.mayAct;
    this.capabilities = parts.world.capabilities;
    parts.world.listener = (seen) => this.#see(seen);
  }

  nextDueAtMs(): number | null {
    if (this.isDead) return null;
    const dueMs = this.#world.nextDueAtMs() ?? Number.POSITIVE_INFINITY;
    const nextMs = this.#late.reduce((least, { atMs }) => Math.min(least, atMs), dueMs);
    return Number.isFinite(nextMs) ? nextMs : null;
  }

  advanceTo(nowMs: number): void {
    if (this.isDead) return;
    this.#calls = nowMs > this.#nowMs ? 0 : this.#calls + 1;
    if (this.#calls > CALLS_AT_ONCE) {
      this.problem = "time stands still";
      this.isDead = true;
    }
    this.#nowMs = nowMs;
    this.#world.advanceTo(nowMs);
    for (const late of this.#takeLate(({ atMs }) => atMs <= nowMs)) this.#arrive(late);
  }

  perform(action: Action): void {
    if (this.isDead || !this.#mayAct()) return;
    this.problem ??= this.#watch.ordered(action);
    if ("generation" in action) this.#performInWeather(action);
    else if (isTold(action)) this.#performInEcho(action);
    else this.#world.perform(action);
  }

  /** What nobody answers is not lost, but heard again when it may be old by then. */
  #performInEcho(action: ToldAction): void {
    this.#world.perform(action);
    if (this.#weather.echoes(action))
      this.#delay({ hostId: "hostId" in action ? action.hostId : null, seen: null, action });
  }

  takeDirtyState(): ReadonlyMap<string, string | null> {
    return this.#world.takeDirtyState();
  }

  close(): void {
    this.isDead = true;
    this.#world.listener = null;
  }

  /** All that is still on its way arrives; nothing is repeated any more. */
  calm(): void {
    this.#weather.probability = 0;
    for (const late of this.#takeLate(() => true)) if (late.seen) this.#tell(late.seen);
  }

  #performInWeather(action: AnsweredAction): void {
    const isBegun = this.#late.some(({ seen }) => seen && isFailureOf(seen, action));
    // The end of the first try, which is on its way, is the end of its repetition.
    if (isBegun) return;
    switch (this.#weather.order(action)) {
      case "FAILS":
        this.#tellFailure(action);
        return;
      case "LOST":
        return;
      case "TWICE":
        this.#world.perform(action);
        break;
      case "AGAIN_LATER":
        this.#delay({ hostId: action.hostId, seen: null, action });
        break;
      case "ARRIVES":
    }
    this.#world.perform(action);
  }

  #tellFailure(action: AnsweredAction): void {
    const { kind, hostId, generation } = action;
    // It is the migration that is answered, and nobody knows what becomes of that.
    if (kind === "CANCEL_MIGRATION") return;
    const guestId = "guestId" in action ? action.guestId : null;
    const error = "The connection was refused.";
    const seen = {
      kind: "ACTION_FAILED",
      action: kind,
      guestId,
      hostId,
      generation,
      error,
    } as const;
    this.#delay({ hostId, seen, action: null });
  }

  #see(seen: Observation): void {
    if (this.isDead) return;
    this.problem ??= this.#watch.seen(seen);
    if (seen.kind === "HOST_CONNECTED")
      this.#late = this.#late.filter(({ hostId }) => hostId !== seen.hostId);
    if (seen.kind === "ACTION_DONE" || seen.kind === "ACTION_FAILED") this.#seeAnswer(seen);
    else if (seen.kind === "GUEST_CRASHED" || seen.kind === "GUEST_STOPPED") this.#inOrder(seen);
    else this.#tell(seen);
  }

  #seeAnswer(seen: Answer): void {
    switch (this.#weather.answer(seen, this.#answers++)) {
      case "LOST":
        return;
      case "LATE":
        this.#delay({ hostId: seen.hostId, seen, action: null });
        return;
      case "TWICE":
        this.#inOrder(seen);
        this.#delay({ hostId: seen.hostId, seen, action: null });
        return;
      case "ARRIVES":
        this.#inOrder(seen);
    }
  }

  /** At once, unless something that the same host told before is still on its way. */
  #inOrder(seen: Observation & { hostId: HostId }): void {
    const { hostId } = seen;
    const before = this.#late.filter((late) => late.hostId === hostId && late.seen !== null);
    const atMs = Math.max(...before.map((late) => late.atMs));
    if (before.length === 0) this.#tell(seen);
    else this.#late.push({ atMs, hostId, seen, action: null });
  }

  #delay({ hostId, seen, action }: Omit<Late, "atMs">): void {
    const about = `${this.#answers}/${hostId}/${this.#nowMs}`;
    const before = this.#late.filter((late) => late.hostId === hostId && late.seen !== null);
    const arrivesMs = this.#nowMs + this.#weather.delayMs(about);
    const atMs = seen ? Math.max(arrivesMs, ...before.map((late) => late.atMs)) : arrivesMs;
    this.#late.push({ atMs, hostId, seen, action });
  }

  #takeLate(which: (late: Late) => boolean): Late[] {
    const taken = this.#late.filter(which);
    if (taken.length > 0) this.#late = this.#late.filter((late) => !which(late));
    // A stable sort: what one host told at one instant stays in order.
    return taken.sort((a, b) => a.atMs - b.atMs);
  }

  #arrive({ seen, action }: Late): void {
    if (seen) this.#tell(seen);
    if (action) this.#world.perform(action);
  }
}
