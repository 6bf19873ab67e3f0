import { readFileSync } from "node:fs";
import { violations } from "../../src/engine/invariants.ts";
import type { Action } from "../../src/model/actions.ts";
import type { Command } from "../../src/model/commands.ts";
import type { FleetEvent } from "../../src/model/events.ts";
import type { HostId } from "../../src/model/ids.ts";
import type { FaultKind } from "../../src/model/statuses.ts";
import { cluster, size } from "./cluster.ts";
import { World } from "./world.ts";

const RULES: ReadonlySet<string> = new Set(["apart", "together", "keep"]);

/** Long enough for every guest of a small fleet to be up. */
const SETTLED_SECONDS = 30;

const HOST_VERBS: Record<string, (hostId: HostId) => Command> = {
  maintain: (hostId) => ({ kind: "SET_MAINTENANCE", hostId, enabled: true }),
  release: (hostId) => ({ kind: "SET_MAINTENANCE", hostId, enabled: false }),
  "reboot-host": (hostId) => ({ kind: "REBOOT_HOST", hostId }),
  "shutdown-host": (hostId) => ({ kind: "SHUTDOWN_HOST", hostId }),
  "power-on": (hostId) => ({ kind: "POWER_ON_HOST", hostId }),
  fence: (hostId) => ({ kind: "FENCE_HOST", hostId }),
  "confirm-dead": (hostId) => ({ kind: "CONFIRM_HOST_DEAD", hostId }),
};

/** One case of a file in `cases/`: what it shows, a fleet, what is done to it, what the log says. */
export interface Case {
  readonly name: string;
  readonly fleet: string;
  readonly script: string;
  readonly log: readonly string[];
}

/** Cases begin with `=== name`; their three parts stand between lines of `---`. */
export function readCases(file: string): Case[] {
  const text = readFileSync(new URL(`cases/${file}`, import.meta.url), "utf8");
  return text
    .split(/^=== /m)
    .slice(1)
    .map((each) => {
      const end = each.indexOf("\n");
      const [fleet = "", script = "", log = ""] = each.slice(end).split(/^---$/m);
      return { name: each.slice(0, end), fleet, script, log: lines(log) };
    });
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/**
 * Runs a script, one line after the other, on a fleet that has come to rest, and gives what the log
 * says from there on. A line is a verb and a guest (`stop web`, `migrate web to h2`, `resize web
 * 2/4`) or host (`maintain`, `release`,
 * `reboot-host`, `shutdown-host`, `power-on`, `fence`, `confirm-dead`), `arm`, `disarm`,
 * `register lb guest`, `deregister lb guest`, `weigh lb guest 5` and `unbalance lb` for load balancers,
 * a rule as in a fleet (`apart web db per HOST strict`) or setting (`set
 * watchdogSeconds 9`), `fault KIND target [for 5]`, `clear KIND target`, `wait 30`, `lose START` for the next
 * answer to that order, or `fail START` for the next of them not to be done. What is refused stands in the log as `refused: CODE [path] why`.
 */
export class Scenario {
  readonly world: World;
  readonly log: string[] = [];

  constructor(fleet: string) {
    this.world = new World(cluster(fleet));
    this.world.advance(SETTLED_SECONDS);
    this.world.watch.after = (_input, { events, rejection }) => {
      this.log.push(...events.map(tell));
      if (rejection)
        this.log.push(`refused: ${rejection.code} [${rejection.path}] ${rejection.message}`);
      const wrong = events.length > 0 ? violations(this.world.state) : [];
      if (wrong.length > 0) throw new Error(wrong.join("\n"));
    };
  }

  run(script: string): this {
    for (const part of script.split(/[\n;]/)) {
      const line = part.trim();
      if (line !== "") this.#do(line);
    }
    return this;
  }

  #do(line: string): void {
    const [verb = "", what = "", ...rest] = line.split(/\s+/);
    if (verb === "wait") this.world.advance(Number(what));
    else if (verb === "lose") this.#loseNext(what);
    else if (verb === "fail") this.world.refuses = what as Action["kind"];
    else if (RULES.has(verb)) this.#writeRule(line);
    else if (verb === "set") this.#changeSetting(line);
    else this.world.try(this.#read(verb, what, rest));
  }

  #writeRule(line: string): void {
    const { affinityRules } = JSON.parse(cluster(line));
    this.world.apply(JSON.stringify({ affinityRules }));
    this.world.advance(0);
  }

  #changeSetting(line: string): void {
    const { settings } = JSON.parse(cluster(line));
    this.world.apply(JSON.stringify({ settings }));
    this.world.advance(0);
  }

  #loseNext(action: string): void {
    const { world } = this;
    world.fate = (seen) => {
      if (!("action" in seen) || seen.action !== action) return "ARRIVES";
      world.fate = () => "ARRIVES";
      return "LOST";
    };
  }

  #readBalancer(verb: string, name: string, [guest, weight]: readonly string[]): Command | null {
    if (!/^(register|deregister|weigh|unbalance)$/.test(verb)) return null;
    const { tables } = this.world.state;
    const { id: loadBalancerId } = byName(tables.LoadBalancer.sorted(), name);
    if (verb === "unbalance") return { kind: "DELETE_LOAD_BALANCER", loadBalancerId };
    const { id: guestId } = this.world.guest(guest ?? "");
    const about = { loadBalancerId, targetGroup: "all" };
    if (verb === "deregister")
      return { kind: "DEREGISTER_TARGETS", ...about, guestIds: [guestId], scalingGroupIds: [] };
    if (verb === "weigh")
      return { kind: "SET_TARGET_WEIGHT", ...about, guestId, weight: Number(weight) };
    const targets = [{ guest: guestId, address: null, port: null, weight: 100 }];
    return { kind: "REGISTER_TARGETS", ...about, targets };
  }

  #read(verb: string, what: string, rest: readonly string[]): Command {
    const { world } = this;
    if (verb === "fault" || verb === "clear") {
      const fault = what as FaultKind;
      const target = world.ref(rest[0] ?? "");
      if (verb === "clear") return { kind: "CLEAR_FAULT", fault, target };
      const durationSeconds = rest[1] === "for" ? Number(rest[2]) : null;
      return { kind: "INJECT_FAULT", fault, target, durationSeconds };
    }
    const aboutBalancer = this.#readBalancer(verb, what, rest);
    if (aboutBalancer) return aboutBalancer;
    const aboutHost = HOST_VERBS[verb];
    if (aboutHost) return aboutHost(world.host(what).id);
    if (verb === "arm" || verb === "disarm")
      return { kind: "SET_HIGH_AVAILABILITY", enabled: verb === "arm" };
    const { id: guestId } = world.guest(what);
    if (verb === "migrate") {
      const hostId = rest[1] ? world.host(rest[1]).id : null;
      return { kind: "MIGRATE_GUEST", guestId, hostId };
    }
    if (verb === "resize") {
      const { cpuCores, ...more } = size(rest[0]);
      const resources = { cpuMillicores: cpuCores * 1000, ...more };
      return { kind: "RESIZE_GUEST", guestId, flavorId: null, resources };
    }
    return { kind: `${verb.toUpperCase()}_GUEST`, guestId } as Command;
  }
}

function tell({ kind, message }: FleetEvent): string {
  const timeless = message
    .replace(/\d+ ms/g, "… ms")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "…")
    .replace(/ \(The management controller of host (\w+) can't be reached\.\)/, "");
  return `${kind}: ${timeless}`;
}

function byName<Row extends { readonly name: string }>(rows: readonly Row[], name: string): Row {
  const found = rows.find((row) => row.name === name);
  if (!found) throw new Error(`There is no ${name}`);
  return found;
}
