import {
  DESIRED_STATES,
  FAULT_KINDS,
  type FaultKind,
  PRIORITIES,
} from "../../src/model/statuses.ts";
import type { Chance } from "../engine/random.ts";
import { chanceOf } from "./chance.ts";

/**
 * One thing that happens to a fleet. Guests, hosts and the like are numbers that are resolved among
 * those there are when it happens, so that a script stays whole when steps are left out.
 */
export type Step =
  | CommandStep
  | { readonly kind: "FLEET"; readonly salt: number; readonly prune: boolean }
  | { readonly kind: "END"; readonly end: End; readonly nth: number; readonly seconds: number };

/** Steps that stand for one command each. */
export type CommandStep =
  | { readonly kind: "ADVANCE"; readonly seconds: number }
  | {
      readonly kind: "FAULT";
      readonly fault: FaultKind;
      readonly target: number;
      readonly seconds: number | null;
    }
  | { readonly kind: "CLEAR"; readonly which: number }
  | {
      readonly kind: "GUEST";
      readonly verb:
        | "START_GUEST"
        | "STOP_GUEST"
        | "SUSPEND_GUEST"
        | "RESUME_GUEST"
        | "REBOOT_GUEST"
        | "DELETE_GUEST";
      readonly guest: number;
    }
  | { readonly kind: "MIGRATE"; readonly guest: number; readonly host: number | null }
  | { readonly kind: "RESIZE"; readonly guest: number; readonly size: Size }
  | { readonly kind: "CREATE"; readonly name: string; readonly salt: number; readonly size: Size }
  | {
      readonly kind: "HOST";
      readonly verb: "REBOOT_HOST" | "SHUTDOWN_HOST" | "POWER_ON_HOST";
      readonly host: number;
    }
  | { readonly kind: "MAINTENANCE"; readonly host: number; readonly enabled: boolean }
  | { readonly kind: "FENCE"; readonly host: number }
  | { readonly kind: "CONFIRM"; readonly host: number }
  | { readonly kind: "ADVICE"; readonly which: number }
  | { readonly kind: "ARM"; readonly enabled: boolean }
  | {
      readonly kind: "ISOLATION";
      readonly what: (typeof ISOLATIONS)[number];
      readonly guest: number;
      readonly group: number;
      readonly salt: number;
    }
  | { readonly kind: "LOAD_BALANCER"; readonly salt: number }
  | {
      readonly kind: "SCALING";
      readonly verb: (typeof SCALINGS)[number];
      readonly group: number;
      readonly member: number;
      readonly amount: number;
    };

const SCALINGS = [
  "SIZE",
  "SIZE",
  "BOUNDS",
  "PROTECTION",
  "HEALTH",
  "METRIC",
  "HOOK_DONE",
  "HOOK_DONE",
  "HEARTBEAT",
  "REFRESH",
  "REFRESH",
  "REFRESH_ALL",
  "CANCEL_REFRESH",
  "ROLL_BACK",
  "NO_GROUP",
] as const;
const ISOLATIONS = ["MEMBERSHIP", "ALLOCATION", "NEW_GROUP", "RULES", "NO_GROUP"] as const;

/**
 * How the server comes to an end. GRACEFUL and KILLED: at rest. The others: at the nth write or order
 * from now; before the transaction, after it and before its orders are given, or between two orders.
 */
export const ENDS = ["GRACEFUL", "KILLED", "BEFORE_COMMIT", "AFTER_COMMIT", "MIDWAY"] as const;
export type End = (typeof ENDS)[number];

export interface Size {
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly storageGiB: number;
}

/** Kinds of trouble of a seed: how much of what, so that seeds differ in character. */
export interface Character {
  /** Probability that something befalls an order or its answer on the way. */
  readonly chaos: number;
  /** The world goes on while the server is down, as real hosts do; else it sleeps in the store. */
  readonly worldOutlives: boolean;
  readonly faults: number;
  readonly ends: number;
}

export function characterOf(seed: number): Character {
  const chance = chanceOf(seed, "character");
  return {
    chaos: chance.of([0, 0.05, 0.15, 0.3]),
    worldOutlives: chance.is(0.5),
    faults: chance.of([0.1, 0.25, 0.4]),
    ends: chance.of([0, 0.04, 0.1]),
  };
}

export function scriptOf(seed: number, steps: number): readonly Step[] {
  const { faults, ends } = characterOf(seed);
  return Array.from({ length: steps }, (_, index) =>
    randomStep(chanceOf(seed, "step", index), { faults, ends, index }),
  );
}

function randomStep(
  chance: Chance,
  { faults, ends, index }: Pick<Character, "faults" | "ends"> & { index: number },
): Step {
  const what = chance.next();
  if (what < ends)
    return {
      kind: "END",
      end: chance.of(ENDS),
      nth: chance.int(1, 4),
      seconds: chance.is(0.5) ? 0 : chance.int(1, 40),
    };
  if (what < ends + faults) return randomFault(chance);
  if (chance.is(0.5)) {
    const seconds = chance.of([0.3, 1, 4, 10, 15, 40, 120]) * (0.5 + chance.next());
    return { kind: "ADVANCE", seconds: Math.round(seconds * 1000) / 1000 };
  }
  return randomCommand(chance, index);
}

function randomFault(chance: Chance): Step {
  if (chance.is(0.4)) return { kind: "CLEAR", which: chance.int(0, 999) };
  return {
    kind: "FAULT",
    fault: chance.of<FaultKind>([...FAULT_KINDS, "HOST_NETWORK", "HOST_POWER", "GUEST_CRASH"]),
    target: chance.int(0, 999),
    seconds: chance.is(0.6) ? chance.int(1, 120) : null,
  };
}

function randomCommand(chance: Chance, index: number): Step {
  const guest = chance.int(0, 999);
  const host = chance.int(0, 999);
  const what = chance.next();
  if (what < 0.35)
    return {
      kind: "GUEST",
      verb: chance.of([
        "START_GUEST",
        "START_GUEST",
        "STOP_GUEST",
        "SUSPEND_GUEST",
        "RESUME_GUEST",
        "REBOOT_GUEST",
        "DELETE_GUEST",
      ]),
      guest,
    };
  if (what < 0.47) return { kind: "MIGRATE", guest, host: chance.is(0.5) ? host : null };
  if (what < 0.53) return { kind: "RESIZE", guest, size: randomSize(chance) };
  if (what < 0.6)
    return {
      kind: "CREATE",
      name: `new${index}`,
      salt: chance.int(0, 1e6),
      size: randomSize(chance),
    };
  if (what < 0.72)
    return {
      kind: "HOST",
      verb: chance.of(["REBOOT_HOST", "SHUTDOWN_HOST", "POWER_ON_HOST"]),
      host,
    };
  if (what < 0.81) return { kind: "MAINTENANCE", host, enabled: chance.is(0.6) };
  if (what < 0.85) return { kind: "ARM", enabled: chance.is(0.6) };
  if (what < 0.87) return { kind: "FENCE", host };
  if (what < 0.89) return { kind: "CONFIRM", host };
  if (what < 0.91) return { kind: "ADVICE", which: chance.int(0, 999) };
  if (what < 0.95) {
    const [group, member] = [chance.int(0, 999), chance.int(0, 999)];
    return { kind: "SCALING", verb: chance.of(SCALINGS), group, member, amount: chance.int(0, 6) };
  }
  if (what < 0.965) {
    const [group, salt] = [chance.int(0, 999), chance.int(0, 1e6)];
    return { kind: "ISOLATION", what: chance.of(ISOLATIONS), guest, group, salt };
  }
  if (what < 0.975) return { kind: "LOAD_BALANCER", salt: chance.int(0, 1e6) };
  return { kind: "FLEET", salt: chance.int(0, 1e6), prune: chance.is(0.4) };
}

function randomSize(chance: Chance): Size {
  const memoryMiB = 1_024 * chance.int(1, 8);
  return { cpuMillicores: 500 * chance.int(1, 6), memoryMiB, storageGiB: 5 };
}

/** What a created guest is like, beside its size. */
export function randomWishes(chance: Chance) {
  return {
    desired: chance.of(DESIRED_STATES),
    priority: chance.of(PRIORITIES),
    maxRestarts: chance.int(0, 2),
    maxRelocations: chance.int(0, 2),
    failback: chance.is(0.7),
    readyAfterSeconds: chance.is(0.2) ? chance.int(1, 20) : 0,
    preemptible: chance.is(0.3),
    workload: null,
    securityGroups: null,
    allocation: null,
  };
}

/** A step as a line that people read. */
export function describeStep(step: Step): string {
  const { kind, ...rest } = step;
  const details = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return [kind, ...details].join(" ");
}
