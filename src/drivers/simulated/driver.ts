import type { Action } from "../../model/actions.ts";
import type { GuestId } from "../../model/ids.ts";
import type { Flow } from "../../model/security.ts";
import { DEFAULT_SETTINGS } from "../../model/settings.ts";
import type { Capabilities, ClockedDriver, ObservationSink, Passage } from "../driver.ts";
import { Agenda } from "./agenda.ts";
import { clearFault, injectFault } from "./disturbances.ts";
import { FaultSet } from "./faults.ts";
import { beginFence } from "./fencing.ts";
import { Grid } from "./grid.ts";
import { performOnGuest } from "./guests.ts";
import { configure, connectHost, disconnectHost } from "./hosts.ts";
import { isolate, setSecurityGroups, tryFlow } from "./isolation.ts";
import { emitChecks, nextCheckMs } from "./load-balancing/checks.ts";
import { keepLoadBalancers, removeLoadBalancer, setLoadBalancer } from "./load-balancing/orders.ts";
import { emitTraffic, hasTraffic } from "./load-balancing/traffic/traffic.ts";
import { newLoadBalancing } from "./load-balancing/world.ts";
import { removeGuest } from "./outcomes.ts";
import { restore, takeChanges } from "./persistence.ts";
import { beginProbe } from "./probing.ts";
import { runProcesses } from "./processes.ts";
import { emitHeartbeats, emitHeat, emitUsage } from "./streams.ts";
import { beginSwitch } from "./switching.ts";
import type { World } from "./world.ts";

const CAPABILITIES: Capabilities = {
  liveMigration: true,
  suspend: true,
  resize: true,
  powerControl: true,
  secondOpinion: true,
  securityGroups: true,
  loadBalancers: true,
  faults: true,
};

export interface SimulatedDriverOptions {
  readonly seed: number;
  /** Fleet time now. What was due in `state` before it happens in the first call that follows. */
  readonly nowMs: number;
  readonly sink: ObservationSink;
  /** What `takeDirtyState` gave of an earlier world, all together; empty for a new one. */
  readonly state: ReadonlyMap<string, string>;
}

/**
 * A fleet of simulated hosts. Same seed, same actions at the same times: same observations in the
 * same order, whether or not the world was rebuilt from its state in between.
 */
export function createSimulatedDriver(options: SimulatedDriverOptions): ClockedDriver {
  const world = emptyWorld(options);
  restore(world, options.state);
  // The world wakes when the first thing is due that happened while nobody watched.
  world.nowMs = Math.min(options.nowMs, world.agenda.peek()?.atMs ?? options.nowMs);
  return new SimulatedDriver(world, options.nowMs);
}

class SimulatedDriver implements ClockedDriver {
  readonly name = "simulated";
  readonly capabilities = CAPABILITIES;
  readonly #world: World;
  /** The world's present; while it catches up, `world.nowMs` runs behind. */
  #nowMs: number;
  #heartbeats: Grid;
  #usage: Grid;

  constructor(world: World, nowMs: number) {
    this.#world = world;
    this.#nowMs = nowMs;
    this.#heartbeats = new Grid(world.settings.heartbeatSeconds, nowMs);
    this.#usage = new Grid(world.settings.usageSampleSeconds, nowMs);
  }

  /** Acts at the time of the last `advanceTo`. What is due at once is observed before it returns. */
  perform(action: Action): void {
    this.#catchUp(this.#nowMs);
    const { settings } = this.#world;
    apply(this.#world, action);
    if (this.#world.settings !== settings) this.#setGrids();
    this.#catchUp(this.#nowMs);
  }

  tryFlow(from: GuestId, to: GuestId, flow: Flow): Passage {
    return tryFlow(this.#world, from, to, flow);
  }

  nextDueAtMs(): number | null {
    const { agenda, roster } = this.#world;
    const nextMs = Math.min(
      agenda.peek()?.atMs ?? Number.POSITIVE_INFINITY,
      roster.hostsInContact > 0 ? this.#heartbeats.nextMs : Number.POSITIVE_INFINITY,
      this.#isSampled() ? this.#usage.nextMs : Number.POSITIVE_INFINITY,
      nextCheckMs(this.#world, this.#nowMs),
    );
    return Number.isFinite(nextMs) ? nextMs : null;
  }

  /** At one instant: what happens, then heartbeats, then traffic, usage and heat, then health checks. A clock that goes back is ignored. */
  advanceTo(nowMs: number): void {
    if (nowMs < this.#nowMs) return;
    for (;;) {
      const atMs = this.nextDueAtMs();
      if (atMs === null || atMs > nowMs) break;
      this.#advanceOne(atMs);
    }
    this.#catchUp(nowMs);
    this.#setGrids();
  }

  takeDirtyState(): ReadonlyMap<string, string | null> {
    return takeChanges(this.#world);
  }

  close(): void {
    // All there is of the world is in memory and in the state that was taken.
  }

  #advanceOne(atMs: number): void {
    const isCheckDue = nextCheckMs(this.#world, this.#nowMs) === atMs;
    this.#catchUp(atMs);
    const { roster } = this.#world;
    this.#heartbeats.skipTo(atMs);
    this.#usage.skipTo(atMs);
    if (this.#heartbeats.nextMs === atMs) {
      if (roster.hostsInContact > 0) emitHeartbeats(this.#world);
      this.#heartbeats.step();
    }
    if (this.#usage.nextMs === atMs) {
      emitTraffic(this.#world);
      if (roster.copies > 0) {
        emitUsage(this.#world);
        emitHeat(this.#world);
      }
      this.#usage.step();
    }
    if (isCheckDue) emitChecks(this.#world, atMs);
  }

  /** There is somebody to use anything, or requests that nobody answers. */
  #isSampled(): boolean {
    return this.#world.roster.copies > 0 || hasTraffic(this.#world);
  }

  /** Only what happens by itself, without the streams. */
  #catchUp(untilMs: number): void {
    runProcesses(this.#world, untilMs);
    this.#world.nowMs = Math.max(this.#world.nowMs, untilMs);
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** What of the streams lies in the past is not made up for. */
  #setGrids(): void {
    const { heartbeatSeconds, usageSampleSeconds } = this.#world.settings;
    this.#heartbeats = new Grid(heartbeatSeconds, this.#nowMs);
    this.#usage = new Grid(usageSampleSeconds, this.#nowMs);
  }
}

function apply(world: World, action: Action): void {
  switch (action.kind) {
    case "CONNECT_HOST":
      connectHost(world, action.host);
      break;
    case "DISCONNECT_HOST":
      disconnectHost(world, action.hostId);
      break;
    case "REMOVE":
      removeGuest(world, action.guestId, action.hostId);
      break;
    case "SET_SECURITY_GROUPS":
      setSecurityGroups(world, action);
      break;
    case "SET_LOAD_BALANCER":
      setLoadBalancer(world, action);
      break;
    case "KEEP_LOAD_BALANCERS":
      keepLoadBalancers(world, action);
      break;
    case "REMOVE_LOAD_BALANCER":
      removeLoadBalancer(world, action);
      break;
    case "SET_GROUP_DEMANDS":
      world.demands = new Map(action.demands.map((demand) => [demand.groupId, demand]));
      break;
    case "ISOLATE":
      isolate(world, action);
      break;
    case "FENCE":
      beginFence(world, action);
      break;
    case "INJECT_FAULT":
      injectFault(world, action.fault, action.target);
      break;
    case "CLEAR_FAULT":
      clearFault(world, action.fault, action.target);
      break;
    case "PROBE_HOST":
      beginProbe(world, action);
      break;
    case "REBOOT_HOST":
    case "SHUTDOWN_HOST":
    case "POWER_ON_HOST":
      beginSwitch(world, action);
      break;
    case "CONFIGURE_WORLD":
      configure(world, action.world);
      break;
    default:
      performOnGuest(world, action);
      break;
  }
}

function emptyWorld({ seed, nowMs, sink }: SimulatedDriverOptions): World {
  const { heartbeatSeconds, watchdogSeconds, batterySeconds, overheatSeconds } = DEFAULT_SETTINGS;
  const { usageSampleSeconds, cpuAllocationRatio, memoryAllocationRatio } = DEFAULT_SETTINGS;
  return {
    seed,
    emit: sink,
    nowMs,
    settings: {
      heartbeatSeconds,
      watchdogSeconds,
      watchdogArmed: true,
      batterySeconds,
      overheatSeconds,
      usageSampleSeconds,
      cpuAllocationRatio,
      memoryAllocationRatio,
    },
    faults: new FaultSet(),
    security: { revision: 0, groups: new Map() },
    loadBalancing: newLoadBalancing(),
    demands: new Map(),
    zones: new Map(),
    hosts: new Map(),
    guests: new Map(),
    traces: new Map(),
    hostsUnder: new Map(),
    agenda: new Agenda(),
    roster: { hostsInContact: 0, copies: 0, heartbeats: null, running: null },
    changedKeys: new Set(),
  };
}
