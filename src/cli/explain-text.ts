import { styleText } from "node:util";
import { durationText } from "./durations.ts";
import type {
  ExplainedGuest,
  Explanation,
  HappenedEvent,
  Reason,
  Root,
  Verdict,
} from "./explain-query.ts";

/** An explanation as paragraphs for people: what is, why, what to do, and what led to it. */
export function explanationText(given: Explanation): string {
  const explanation = withoutControls(given);
  const { guest, fleet } = explanation;
  const asDesired = isAsDesired(guest);
  const paragraphs = [
    headline(guest, fleet.at),
    fleet.highAvailability.enabled
      ? null
      : "High availability is disarmed: nothing is fenced, restarted or moved by itself.\n  → Arm it again: evenkeel ha arm",
    whyParagraph(guest, asDesired),
    rootsParagraph(explanation.roots),
    guest.moveBlockedBy.length > 0
      ? section("It should be elsewhere, and can't leave", reasonLines(guest.moveBlockedBy))
      : null,
    asDesired ? whyHere(guest) : hostsParagraph(explanation),
    incidentLine(guest),
    chain(guest),
  ];
  return `${paragraphs.filter((text) => text !== null).join("\n\n")}\n`;
}

/** A message may quote what a driver said: nothing in it may steer the terminal. */
function withoutControls(explanation: Explanation): Explanation {
  return JSON.parse(JSON.stringify(explanation), (_key, value: unknown) =>
    typeof value === "string" ? value.replace(/\p{Cc}/gu, " ") : value,
  ) as Explanation;
}

const RUNS: ReadonlySet<string> = new Set(["RUNNING", "MIGRATING"]);

function isAsDesired({ status, desired, deleting, blockedBy }: ExplainedGuest): boolean {
  const is = desired === "RUNNING" ? RUNS.has(status) : status === desired;
  return is && !deleting && blockedBy.length === 0;
}

function headline(guest: ExplainedGuest, now: string): string {
  const { name, tenant, status, desired, deleting, host, statusSince } = guest;
  const wish = deleting ? "is being deleted" : `should be ${desired}`;
  const place = host ? ` on ${host.name}${host.zone ? ` in ${host.zone.name}` : ""}` : "";
  const forSo = durationText(Date.parse(now) - Date.parse(statusSince));
  const joint = jointOf(guest);
  return `${bold(`${tenant.name}/${name}`)} ${wish}, ${joint} ${bold(status)}${place}, since ${statusSince} (${forSo})`;
}

function jointOf(guest: ExplainedGuest): string {
  if (isAsDesired(guest)) return "and it is:";
  return guest.status === guest.desired && !guest.deleting
    ? "and was, when its host was last heard of:"
    : "and is";
}

function whyParagraph(guest: ExplainedGuest, asDesired: boolean): string | null {
  if (!asDesired && guest.blockedBy.length > 0) {
    const lines = reasonLines(guest.blockedBy);
    if (guest.retryAt) lines.push(`It is tried again at ${guest.retryAt}.`);
    return section("Why", lines);
  }
  const { desired, readyAt } = guest;
  if (desired === "STOPPED")
    return "It was asked to be stopped.\n  → To have it run, start it (startGuest), or say `desired: RUNNING` in the fleet document.";
  if (desired === "SUSPENDED")
    return "It was asked to be suspended.\n  → To have it go on, resume it (resumeGuest).";
  return readyAt ? `It serves those that depend on it from ${readyAt} on.` : null;
}

/** Reasons of one kind together, and what can be done about them once. */
function reasonLines(reasons: readonly Reason[]): string[] {
  return [...Map.groupBy(reasons, ({ advice }) => advice)].flatMap(([advice, alike]) => [
    ...alike.flatMap((reason) => [`• ${reason.message}`, ...hostLines(reason)]),
    `  → ${advice}`,
  ]);
}

/** What ails the host that a reason names, unless it has said so itself. */
function hostLines({ message, host }: Reason): string[] {
  const others = host?.reasons.filter((one) => one.message !== message) ?? [];
  return others.map((one) => `    ${one.message}`);
}

function rootsParagraph(roots: readonly Root[]): string | null {
  if (roots.length === 0) return null;
  const lines = roots.flatMap(({ guests, reason }) => [
    `• ${listed(guests)}: ${reason.message}`,
    ...hostLines(reason),
    `  → ${reason.advice}`,
  ]);
  return section("At the root of it", lines);
}

/** Names that are listed of many. */
const NAMED_MAX = 5;

function listed(names: readonly string[]): string {
  const more = names.length - NAMED_MAX;
  return `${names.slice(0, NAMED_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function hostsParagraph({ considered, guest, hosts }: Explanation): string | null {
  const { verdicts, feasibleHosts, host } = considered;
  if (guest.deleting || guest.desired !== "RUNNING") return null;
  const room = `${feasibleHosts} of ${verdicts.length} hosts`;
  const best = host ? `${room}, best ${host.name}` : "nowhere";
  const though = !host && feasibleHosts > 0 ? `, though ${room} have room` : "";
  const title = `Where it could run now: ${best}${though}`;
  const ailments = hosts.flatMap(({ reasons }) => reasons.map(({ message }) => `• ${message}`));
  const out = ailments.length > 0 ? ["For example:", ...ailments] : [];
  return section(title, [...objectionLines(verdicts), ...out]);
}

/** Hosts by what is first held against them, the commonest first. */
function objectionLines(verdicts: readonly Verdict[]): string[] {
  const groups = Map.groupBy(
    verdicts.filter(({ feasible }) => !feasible),
    ({ rejectedBy }) => rejectedBy[0]?.code ?? "",
  );
  return [...groups.values()]
    .sort((a, b) => b.length - a.length)
    .map((group) => {
      const against = (verdict: Verdict) => verdict.rejectedBy[0]?.message ?? "";
      const nameOf = ({ host }: Verdict) => host?.name ?? "a removed host";
      const alike = group[0] && group.every((one) => against(one) === against(group[0] as Verdict));
      return alike
        ? `${group.length} × ${against(group[0] as Verdict)}: ${listed(group.map(nameOf))}`
        : `${group.length} × ${listed(group.map((one) => `${nameOf(one)}: ${against(one)}`))}`;
    });
}

function whyHere({ placement, host, homeHost, displacedFrom }: ExplainedGuest): string | null {
  if (!placement || !host) return null;
  const { decidedAt, score, hostsExamined, hostsNotExamined, verdicts } = placement;
  const skipped = hostsNotExamined > 0 ? ` (${hostsNotExamined} more were not needed)` : "";
  const lines = [
    `Put on ${placement.host?.name ?? "a host that is gone"} at ${decidedAt}, score ${score.toFixed(2)}, of ${hostsExamined} hosts looked at${skipped}`,
  ];
  const next = verdicts.find((one) => one.feasible && one.host?.name !== placement.host?.name);
  if (next?.host) lines.push(`Next best: ${next.host.name}, score ${next.score?.toFixed(2)}`);
  lines.push(...objectionLines(verdicts));
  const belongs = displacedFrom ?? homeHost;
  if (belongs && belongs.name !== host.name) lines.push(`It belongs on ${belongs.name}`);
  return section("Why there", lines);
}

function incidentLine({ incident }: ExplainedGuest): string | null {
  if (!incident?.open) return null;
  const root = incident.root ? `: ${incident.root.message}` : "";
  return `Part of an incident since ${incident.openedAt}${root}`;
}

function chain({ events }: ExplainedGuest): string | null {
  const [newest] = events.nodes;
  if (!newest) return null;
  return section("What led to this, newest first", [newest, ...newest.causes].map(eventLine));
}

const SEVERITY_WIDTH = "CRITICAL".length;

function eventLine({ occurredAt, severity, message }: HappenedEvent): string {
  return `${occurredAt}  ${severity.padEnd(SEVERITY_WIDTH)}  ${message}`;
}

function section(title: string, lines: readonly string[]): string {
  return [bold(title), ...lines.map((line) => `  ${line}`)].join("\n");
}

function bold(text: string): string {
  return styleText("bold", text, { stream: process.stdout });
}
