import type {
  LoadBalancerOrder,
  TargetGroupOrder,
  TargetOrder,
} from "../../../../model/actions.ts";
import type { GuestId } from "../../../../model/ids.ts";
import type { Traffic } from "../../../../model/load-balancing.ts";
import {
  type BalancerTraffic,
  type GroupTraffic,
  spreadOf,
  type TargetTraffic,
} from "../../../../model/traffic.ts";
import { runningCopy } from "../../copies.ts";
import { baseDemand } from "../../usage.ts";
import { cpuShareAt } from "../../workload.ts";
import { byId, type Copy, type World } from "../../world.ts";
import { slowStartPart } from "../algorithms/choose.ts";
import { hashOf } from "../algorithms/lots.ts";
import { obstacleTo } from "../checks.ts";
import { figuresOf } from "./figures.ts";
import { playWindow, type Question, type Served, type Server } from "./window.ts";

/**
 * Requests, as far as they are there to be seen: at each sample, some of those that come in are played
 * through, and stand for all. Nothing is carried from one sample to the next. What they cost, their guests ask
 * of the CPU.
 */

/** Enough to tell targets apart, few enough to be cheap: of a listener, for each of its targets, and in all. */
const REQUESTS_EACH = 60;
const REQUESTS_MOST = 4_000;
const REQUESTS_LEAST = 200;
/** Whoever waits for longer gives up. */
const TIMEOUT_MS = 10_000;
const LEAST_SPEED = 0.05;

/** One observation for all load balancers that have traffic. */
export function emitTraffic(world: World): void {
  const { balancers, demand } = world.loadBalancing;
  demand.clear();
  const loadBalancers = [...balancers.keys()]
    .sort(byId)
    .map((id) => balancers.get(id)?.order)
    .filter((order) => order !== undefined && isBusy(order))
    .map((order) => trafficOf(world, order as LoadBalancerOrder));
  if (loadBalancers.length > 0) world.emit({ kind: "TRAFFIC", loadBalancers });
}

/** Requests come in somewhere. */
export function hasTraffic({ loadBalancing }: World): boolean {
  for (const { order } of loadBalancing.balancers.values()) if (isBusy(order)) return true;
  return false;
}

function isBusy({ listeners }: LoadBalancerOrder): boolean {
  return listeners.some(({ traffic }) => traffic !== null);
}

/** What came of the requests of a group, or of a target. */
interface Tally {
  perSecond: number;
  errorsPerSecond: number;
  readonly latencies: number[];
  outstanding: number;
}

function newTally(): Tally {
  return { perSecond: 0, errorsPerSecond: 0, latencies: [], outstanding: 0 };
}

function trafficOf(world: World, order: LoadBalancerOrder): BalancerTraffic {
  const groups = new Map<string, Tally>();
  const targets = new Map<number, Tally>();
  for (const [index, { targetGroup, traffic }] of order.listeners.entries()) {
    const group = order.targetGroups.find(({ name }) => name === targetGroup);
    if (!group || traffic === null) continue;
    const salt = hashOf(world.seed, order.id, index, Math.floor(world.nowMs / 1000));
    const tally = groups.get(targetGroup) ?? newTally();
    groups.set(targetGroup, tally);
    playListener(world, group, traffic, salt, tally, targets);
  }
  return {
    loadBalancerId: order.id,
    revision: order.revision,
    figures: told(merged([...groups.values()])),
    groups: [...groups].map(([group, tally]) => groupTraffic(order, group, tally, targets)),
    targets: [...targets].map(
      ([id, tally]): TargetTraffic => ({ targetId: id as never, ...told(tally) }),
    ),
  };
}

/** A target in use, as its requests find it. */
interface InUse {
  readonly target: TargetOrder;
  readonly server: Server;
}

function playListener(
  world: World,
  group: TargetGroupOrder,
  traffic: Traffic,
  salt: number,
  tally: Tally,
  targets: Map<number, Tally>,
): void {
  const requestsPerSecond = rateAt(traffic, world.nowMs);
  if (requestsPerSecond === 0) return;
  const inUse = group.targets
    .filter((target) => getsRequests(group, target))
    .map((target) => ({ target, server: serverOf(world, group, target) }))
    .filter(({ server }) => server.share > 0);
  if (inUse.length === 0) {
    add(tally, requestsPerSecond, 1, [], 0);
    return;
  }
  const question = questionOf(world, group, traffic, requestsPerSecond, inUse.length, salt);
  const served = playWindow(
    inUse.map(({ server }) => server),
    question,
  );
  const counted = question.requests - Math.floor(question.requests / 2);
  for (const each of inUse) {
    const result = served.get(each.target.id) as Served;
    const own = targets.get(each.target.id) ?? newTally();
    targets.set(each.target.id, own);
    count(world, each, result, question, counted, [tally, own]);
  }
}

function questionOf(
  world: World,
  { algorithm, crossZone, stickinessSeconds }: TargetGroupOrder,
  { cpuMillisecondsPerRequest: cpuMilliseconds, clients }: Traffic,
  requestsPerSecond: number,
  inUse: number,
  salt: number,
): Question {
  const enough = Math.max(REQUESTS_LEAST, REQUESTS_EACH * inUse);
  const inSample = requestsPerSecond * world.settings.usageSampleSeconds;
  const requests = Math.max(2, Math.round(Math.min(REQUESTS_MOST, enough, inSample)));
  const isSticky = stickinessSeconds !== null;
  const rates = { requestsPerSecond, cpuMilliseconds, clients, requests, salt };
  return { algorithm, crossZone, isSticky, ...rates };
}

/** What became of the few that were played stands for all that came. */
function count(
  world: World,
  { target, server }: InUse,
  result: Served,
  { requestsPerSecond, cpuMilliseconds }: Question,
  counted: number,
  tallies: readonly Tally[],
): void {
  const perSecond = (requestsPerSecond * result.requests) / counted;
  const millicores = server.answers ? perSecond * cpuMilliseconds : 0;
  const utilisation = millicores / (server.cores * server.speed * 1000);
  const latencies = utilisation > 1 ? result.latencies.map(() => TIMEOUT_MS) : result.latencies;
  const errorShare = errorsOf(result, utilisation);
  for (const tally of tallies)
    add(tally, perSecond, errorShare, latencies, result.outstanding / counted);
  ask(world, target.guestId, millicores);
}

/** Where more comes than can be done, the rest waits until it gives up. */
function errorsOf({ requests, errors }: Served, utilisation: number): number {
  const refused = requests === 0 ? 0 : errors / requests;
  return utilisation > 1 ? Math.max(refused, 1 - 1 / utilisation) : refused;
}

function rateAt({ peakRequestsPerSecond, workload }: Traffic, atMs: number): number {
  return peakRequestsPerSecond * (workload === null ? 1 : cpuShareAt(workload, atMs));
}

function getsRequests({ isOpen }: TargetGroupOrder, { state }: TargetOrder): boolean {
  return state === "HEALTHY" || (isOpen && state === "UNHEALTHY");
}

function serverOf(world: World, group: TargetGroupOrder, target: TargetOrder): Server {
  const { id, guestId, state, weight, stateSinceMs } = target;
  const copy = runningCopy(world, guestId);
  const cores = (copy?.resources.cpuMillicores ?? 1000) / 1000;
  // In a group that fails open, who has been ill for longer is not warmer.
  const isStarting = state === "HEALTHY";
  const part = isStarting ? slowStartPart(world.nowMs - stateSinceMs, group.slowStartSeconds) : 1;
  return {
    id,
    share: (group.algorithm === "WEIGHTED" ? weight / 100 : 1) * part,
    zoneId: world.hosts.get(copy?.hostId ?? (0 as never))?.description.zoneId ?? 0,
    cores,
    speed: copy ? speedOf(world, copy, cores) : LEAST_SPEED,
    answers: obstacleTo(world, guestId) === null,
  };
}

/** What its other work leaves, and what of a core it has where it has less than one. */
function speedOf(world: World, copy: Copy, cores: number): number {
  const free = 1 - baseDemand(world, copy) / copy.resources.cpuMillicores;
  return Math.max(LEAST_SPEED, free * Math.min(1, cores));
}

function ask({ loadBalancing }: World, guestId: GuestId, millicores: number): void {
  loadBalancing.demand.set(guestId, (loadBalancing.demand.get(guestId) ?? 0) + millicores);
}

function add(
  tally: Tally,
  perSecond: number,
  errorShare: number,
  latencies: readonly number[],
  outstanding: number,
): void {
  tally.perSecond += perSecond;
  tally.errorsPerSecond += perSecond * errorShare;
  for (const latency of latencies) tally.latencies.push(latency);
  tally.outstanding += outstanding;
}

function merged(tallies: readonly Tally[]): Tally {
  const sum = newTally();
  for (const { perSecond, errorsPerSecond, latencies, outstanding } of tallies)
    add(sum, perSecond, perSecond === 0 ? 0 : errorsPerSecond / perSecond, latencies, outstanding);
  return sum;
}

function told({ perSecond, errorsPerSecond, latencies, outstanding }: Tally) {
  const share = perSecond === 0 ? 0 : errorsPerSecond / perSecond;
  return figuresOf(perSecond, share, latencies, outstanding);
}

function groupTraffic(
  { targetGroups }: LoadBalancerOrder,
  group: string,
  tally: Tally,
  targets: ReadonlyMap<number, Tally>,
): GroupTraffic {
  const own = targetGroups.find(({ name }) => name === group)?.targets ?? [];
  const spread = spreadOf(own.map(({ id }) => targets.get(id)?.perSecond ?? 0));
  return { group, ...told(tally), spread };
}
