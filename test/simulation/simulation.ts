import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "../../src/model/commands.ts";
import type { FleetEvent } from "../../src/model/events.ts";
import { chanceOf } from "./chance.ts";
import { Weather } from "./chaos.ts";
import {
  checkBelief,
  checkFlows,
  checkMended,
  checkQuiet,
  checkRest,
  checkStore,
  FleetChecks,
} from "./checks.ts";
import { applyFleet, commandOf } from "./commands.ts";
import { changeFleet, type Document, randomFleet } from "./fleet.ts";
import { RealTime } from "./real-time.ts";
import { type Character, characterOf, type Step, scriptOf } from "./script.ts";
import { Server } from "./server.ts";

export const STEPS = 50;

/** Simulated time within which everything is well again once nothing disturbs it any more. */
const MEND_SECONDS = 900;
const QUIET_SECONDS = 600;

export interface Outcome {
  /** Empty when all went well. */
  readonly problems: readonly string[];
  readonly events: readonly FleetEvent[];
  /** What was done, and what it was answered. */
  readonly diary: readonly string[];
}

export interface Plan {
  readonly seed: number;
  readonly script: readonly Step[];
}

export function planOf(seed: number, steps = STEPS): Plan {
  return { seed, script: scriptOf(seed, steps) };
}

/** A fleet, what happens to it, and the end of all trouble. Never throws for what it finds. */
export async function simulate(plan: Plan): Promise<Outcome> {
  const dataDir = mkdtempSync(join(temporaryRoot(), "evenkeel-simulation-"));
  const time = new RealTime();
  const simulation = new Simulation(plan, dataDir, time);
  time.hold();
  try {
    await simulation.run();
    return simulation.outcome();
  } finally {
    time.release();
    simulation.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** In memory where the system has room for files there: nothing here must outlive the machine. */
function temporaryRoot(): string {
  return process.platform === "linux" ? "/dev/shm" : tmpdir();
}

/** The end of a simulation that has found something. */
class Found extends Error {}

class Simulation {
  readonly #plan: Plan;
  readonly #dataDir: string;
  readonly #time: RealTime;
  readonly #character: Character;
  readonly #weather: Weather;
  readonly #checks = new FleetChecks();
  readonly #problems: string[] = [];
  readonly #diary: string[] = [];
  #document: Document;
  #server: Server;

  constructor(plan: Plan, dataDir: string, time: RealTime) {
    this.#plan = plan;
    this.#dataDir = dataDir;
    this.#time = time;
    this.#character = characterOf(plan.seed);
    this.#weather = new Weather(plan.seed, this.#character.chaos);
    this.#document = randomFleet(chanceOf(plan.seed, "fleet"));
    this.#server = this.#open(null);
  }

  outcome(): Outcome {
    return {
      problems: this.#problems,
      events: this.#server.stored().events,
      diary: this.#diary,
    };
  }

  close(): void {
    this.#server.kill();
  }

  async run(): Promise<void> {
    try {
      await this.#begin();
      for (const step of this.#plan.script) await this.#play(step);
      await this.#mend();
    } catch (error) {
      if (error instanceof Found) return;
      this.#problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  /** A fleet with rules that nothing can satisfy may be refused; it then does without them. */
  async #begin(): Promise<void> {
    if (await this.#apply(this.#document, false)) return;
    this.#document = { ...this.#document, affinityRules: [] };
    await this.#apply(this.#document, false);
  }

  async #play(step: Step): Promise<void> {
    this.#time.pass(500);
    switch (step.kind) {
      case "END":
        await this.#end(step);
        break;
      case "FLEET": {
        const document = changeFleet(chanceOf(step.salt, "change"), this.#document);
        if (await this.#apply(document, step.prune)) this.#document = document;
        break;
      }
      default: {
        const command = commandOf(this.#server.state, step, (id) =>
          this.#server.world.truth.isOff(id),
        );
        if (command) await this.#do(command);
      }
    }
    // What an order brings about at once is part of the step.
    await this.#do({ kind: "ADVANCE_CLOCK", seconds: 0 });
    this.#expect(checkRest(this.#server, this.#server.nowMs));
  }

  async #end({ end, nth, seconds }: Extract<Step, { kind: "END" }>): Promise<void> {
    if (end !== "GRACEFUL" && end !== "KILLED") {
      this.#server.doom = { end, nth };
      return;
    }
    this.#note(`the server ends (${end})`);
    if (end === "GRACEFUL") this.#server.stop();
    else this.#server.kill();
    await this.#restart(seconds);
  }

  async #restart(seconds: number): Promise<void> {
    const { world } = this.#server;
    const outlives = this.#character.worldOutlives;
    if (outlives) world.outlast(seconds * 1_000);
    this.#server = this.#open(outlives ? world : null);
    this.#note(`the server is back after ${outlives ? seconds : 0} s`);
    this.#expect(checkStore(this.#server));
    await this.#do({ kind: "ADVANCE_CLOCK", seconds: 0 });
  }

  #open(world: Server["world"] | null): Server {
    return new Server({
      dataDir: this.#dataDir,
      seed: this.#plan.seed,
      weather: this.#weather,
      world,
      look: (state, news) => this.#checks.violations(state, news),
    });
  }

  async #apply(document: Document, prune: boolean): Promise<boolean> {
    return this.#do(applyFleet(document, prune));
  }

  /** True when it was done. A server that dies over it is started again, and the command is lost. */
  async #do(command: Command): Promise<boolean> {
    const result = await this.#server.submit(command);
    const answer =
      result === null ? "the server dies" : result.ok ? "done" : result.rejection.message;
    this.#note(`${describe(command)}: ${answer}`);
    this.#expect(this.#server.problems);
    if (result !== null) return result.ok;
    this.#server.kill();
    await this.#restart(this.#character.worldOutlives ? 7 : 0);
    return false;
  }

  /** Everything is well again, and whoever was given up is asked for once more. */
  async #mend(): Promise<void> {
    this.#server.calm();
    this.#note("calm");
    const hosts = this.#server.state.tables.Host.sorted();
    await this.#do({ kind: "SET_HIGH_AVAILABILITY", enabled: true });
    for (const { kind: fault, target } of this.#server.state.tables.Fault.sorted())
      if (fault !== "GUEST_CRASH") await this.#do({ kind: "CLEAR_FAULT", fault, target });
    for (const { id: hostId, maintenance } of hosts)
      if (maintenance) await this.#do({ kind: "SET_MAINTENANCE", hostId, enabled: false });
    await this.#do({ kind: "ADVANCE_CLOCK", seconds: MEND_SECONDS });
    for (const { id: hostId, power, status } of this.#server.state.tables.Host.sorted())
      if (status === "DOWN" || (power && status !== "STANDBY"))
        await this.#do({ kind: "POWER_ON_HOST", hostId });
    await this.#do({ kind: "ADVANCE_CLOCK", seconds: MEND_SECONDS });
    // Whoever waits for one that was given up may be given up itself when its turn comes.
    for (let time = 0; time < 2; time++) {
      await this.#askAgain();
      await this.#do({ kind: "ADVANCE_CLOCK", seconds: MEND_SECONDS });
    }
    this.#expect(checkMended(this.#server, this.#server.nowMs));
    this.#expect(checkBelief(this.#server));
    this.#expect(checkFlows(this.#server));
    await this.#regroup();
    this.#expect(checkFlows(this.#server));
    const before = this.#server.state.meta.seq;
    await this.#do({ kind: "ADVANCE_CLOCK", seconds: QUIET_SECONDS });
    const { events } = this.#server.stored();
    this.#expect(checkQuiet(events.slice(before)));
    this.#expect(checkStore(this.#server));
  }

  async #askAgain(): Promise<void> {
    for (const { id: guestId, status, desired } of this.#server.state.tables.Guest.sorted())
      if (status === "ERROR")
        await this.#do({
          kind: desired === "SUSPENDED" ? "RESUME_GUEST" : "START_GUEST",
          guestId,
        });
  }

  /** Guests that run are put into other groups, and nobody starts them anew. */
  async #regroup(): Promise<void> {
    const { tables } = this.#server.state;
    for (const { id: guestId, deleting } of tables.Guest.sorted()) {
      if (deleting) continue;
      const chance = chanceOf(this.#plan.seed, "regroup", guestId);
      const groups = chance.is(0.5) ? [] : chance.some(tables.SecurityGroup.sorted(), 2);
      const securityGroups = ["default", ...groups.map(({ name }) => name)];
      await this.#do({
        kind: "SET_GUEST_SECURITY_GROUPS",
        guestId,
        securityGroups: [...new Set(securityGroups)],
      });
    }
  }

  #note(line: string): void {
    this.#diary.push(`after event ${this.#server.state.meta.seq}: ${line}`);
  }

  #expect(problems: readonly string[]): void {
    if (problems.length === 0) return;
    this.#problems.push(...problems);
    throw new Found();
  }
}

function describe(command: Command): string {
  if (command.kind === "APPLY_FLEET") return `APPLY_FLEET${command.prune ? " with prune" : ""}`;
  const { kind, ...rest } = command;
  return `${kind} ${JSON.stringify(rest)}`;
}
