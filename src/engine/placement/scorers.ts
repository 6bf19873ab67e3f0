import type { AffinityRule } from "../../model/entities.ts";
import type { HostId } from "../../model/ids.ts";
import { isShunned } from "../host-conditions.ts";
import type { State } from "../state.ts";
import type { HostRoom } from "./capacity-index.ts";
import { othersAnywhere, othersInDomain } from "./filters.ts";
import { slots } from "./sizes.ts";
import type { Subject } from "./subject.ts";

/** How good a host is in one respect, 0 to 1; null where the respect does not apply. */
type Score = (state: State, subject: Subject, room: HostRoom) => number | null;

/** Hosts that start what they are given, and take in what moves, while there are others. */
const answers: Score = (state, _subject, { isDoubtful, hostId }) =>
  Number(!isDoubtful && !isShunned(state, hostId));

/** The host where it is tried once more. */
const retry: Score = (_state, { retryHostId }, room) =>
  retryHostId === null ? null : Number(retryHostId === room.hostId);

/** The guest's home. */
const home: Score = (_state, { homeHostId }, room) =>
  homeHostId === null ? null : Number(homeHostId === room.hostId);

/** HOST rules: listed hosts before others, higher priorities before lower. */
const hostRules: Score = (_state, subject, room) => rankByRules(subject.rules, room.hostId);

/** What HOST rules think of a host, 0 to 1; null when there are none. */
export function rankByRules(among: readonly AffinityRule[], hostId: HostId): number | null {
  let score = 0;
  let rules = 0;
  for (const rule of among) {
    if (rule.kind !== "HOST") continue;
    rules++;
    const listed = rule.hosts.find((host) => host.hostId === hostId);
    if (!listed) continue;
    const levels = new Set(rule.hosts.map(({ priority }) => priority));
    const below = [...levels].filter((priority) => priority < listed.priority).length;
    score += (1 + below) / levels.size;
  }
  return rules === 0 ? null : score / rules;
}

/** GUEST rules that want company: does it find it here? */
const together: Score = (state, subject, room) => {
  let score = 0;
  let rules = 0;
  for (const rule of subject.rules) {
    if (rule.kind !== "GUEST" || rule.polarity !== "TOGETHER") continue;
    if (othersAnywhere(state, rule, subject) === 0) continue;
    rules++;
    if (othersInDomain(state, rule, subject, room) > 0) score++;
  }
  return rules === 0 ? null : score / rules;
};

/** GUEST rules that want distance: the fewer of its kind here, the better. */
const apart: Score = (state, subject, room) => {
  let score = 0;
  let rules = 0;
  for (const rule of subject.rules) {
    if (rule.kind !== "GUEST" || rule.polarity !== "APART") continue;
    rules++;
    score += 1 / (1 + othersInDomain(state, rule, subject, room));
  }
  return rules === 0 ? null : score / rules;
};

/** Leaves the fleet's largest guests as many places as before: small ones do not break up big rooms. */
const wholeness: Score = (state, { resources }, { free }) => {
  const { largest } = state.indexes.sizes;
  const cpuMillicores = free.cpuMillicores - resources.cpuMillicores;
  const memoryMiB = free.memoryMiB - resources.memoryMiB;
  const left = slots(cpuMillicores, memoryMiB, largest);
  return left === slots(free.cpuMillicores, free.memoryMiB, largest) ? 1 : 0;
};

/** What the fuller of CPU and memory would have left: spreads load over hosts. */
const room: Score = (_state, subject, host) => {
  const { offered, free } = host;
  const cpu = (free.cpuMillicores - subject.resources.cpuMillicores) / offered.cpuMillicores;
  const memory = (free.memoryMiB - subject.resources.memoryMiB) / offered.memoryMiB;
  return Math.max(0, Math.min(cpu, memory));
};

/**
 * Each respect outweighs all after it together, but for ties: what a person asked for (rules, home)
 * comes before what is merely even. Of rules with a hundred priorities one more still does.
 */
const SCORERS: readonly {
  readonly name: string;
  readonly weight: number;
  readonly score: Score;
}[] = [
  { name: "answers", weight: 2_000_000, score: answers },
  { name: "retry", weight: 1_000_000, score: retry },
  { name: "hostRules", weight: 200_000, score: hostRules },
  { name: "home", weight: 1_000, score: home },
  { name: "together", weight: 50, score: together },
  { name: "apart", weight: 50, score: apart },
  { name: "wholeness", weight: 15, score: wholeness },
  { name: "room", weight: 10, score: room },
];
const OF_RULES = new Set(["hostRules", "together", "apart"]);

/** All that have anything to say about most subjects. */
const OF_ROOM = SCORERS.filter(({ name }) => name === "wholeness" || name === "room");

/** The scorers that have anything to say about a subject, so that each host is asked only those. */
function scorersFor({ indexes }: State, subject: Subject): typeof SCORERS {
  const { rules, retryHostId, homeHostId } = subject;
  const mayNotAnswer = indexes.capacity.hasDoubtful || indexes.shunned.size > 0;
  const isPlain = rules.length === 0 && retryHostId === null && homeHostId === null;
  if (isPlain && !mayNotAnswer) return OF_ROOM;
  return SCORERS.filter(({ name }) => {
    if (name === "answers") return mayNotAnswer;
    if (OF_RULES.has(name)) return rules.length > 0;
    if (name === "retry") return retryHostId !== null;
    return name !== "home" || homeHostId !== null;
  });
}

/** Judges hosts for one subject. */
export interface Judge {
  /** The weighted sum. */
  total(host: HostRoom): number;
  /** Each respect's share of it. */
  scores(host: HostRoom): Readonly<Record<string, number>>;
}

export function judgeFor(state: State, subject: Subject): Judge {
  const scorers = scorersFor(state, subject);
  return {
    total: (host) => {
      let total = 0;
      for (const { weight, score } of scorers)
        total += points(weight, score(state, subject, host) ?? 0);
      return total;
    },
    scores: (host) => {
      const scores: Record<string, number> = {};
      for (const { name, weight, score } of scorers) {
        const value = score(state, subject, host);
        if (value !== null) scores[name] = points(weight, value);
      }
      return scores;
    },
  };
}

/** Four digits say enough, and keep what is stored short. */
function points(weight: number, value: number): number {
  return Math.round(value * weight * 10_000) / 10_000;
}
