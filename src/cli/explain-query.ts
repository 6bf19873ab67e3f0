import { CliError } from "./command.ts";
import { ask } from "./request.ts";
import { findTarget, isGlobalId } from "./targets.ts";

/** All that the server knows about why a guest is as it is. */

export interface Reason {
  readonly code: string;
  readonly message: string;
  readonly advice: string;
  readonly host: {
    readonly name: string;
    readonly status: string;
    readonly reasons: readonly { readonly message: string }[];
  } | null;
  readonly guest: { readonly id: string; readonly name: string } | null;
}
export interface HappenedEvent {
  readonly occurredAt: string;
  readonly severity: string;
  readonly message: string;
}
interface NamedHost {
  readonly name: string;
  readonly zone?: { readonly name: string };
}
export interface ExplainedGuest {
  readonly id: string;
  readonly name: string;
  readonly tenant: { readonly name: string };
  readonly status: string;
  readonly statusSince: string;
  readonly desired: string;
  readonly deleting: boolean;
  readonly retryAt: string | null;
  readonly readyAt: string | null;
  readonly host: NamedHost | null;
  readonly targetHost: NamedHost | null;
  readonly homeHost: NamedHost | null;
  readonly displacedFrom: NamedHost | null;
  readonly blockedBy: readonly Reason[];
  readonly moveBlockedBy: readonly Reason[];
  readonly incident: {
    readonly open: boolean;
    readonly openedAt: string;
    readonly root: { readonly message: string } | null;
  } | null;
  readonly placement: {
    readonly host: NamedHost | null;
    readonly decidedAt: string;
    readonly score: number;
    readonly hostsExamined: number;
    readonly hostsNotExamined: number;
    readonly verdicts: readonly Verdict[];
  } | null;
  readonly events: {
    readonly nodes: readonly (HappenedEvent & { readonly causes: readonly HappenedEvent[] })[];
  };
}
export interface Verdict {
  readonly host: { readonly id: string; readonly name: string } | null;
  readonly feasible: boolean;
  readonly score: number | null;
  readonly rejectedBy: readonly { readonly code: string; readonly message: string }[];
}
export interface AilingHost {
  readonly name: string;
  readonly reasons: readonly { readonly message: string }[];
}
export interface Explanation {
  readonly fleet: {
    readonly at: string;
    readonly highAvailability: { readonly enabled: boolean };
  };
  readonly guest: ExplainedGuest;
  readonly roots: readonly Root[];
  readonly hosts: readonly AilingHost[];
  readonly considered: {
    readonly host: NamedHost | null;
    readonly feasibleHosts: number;
    readonly verdicts: readonly Verdict[];
  };
}
/** What the guests at the end of the chain wait for, when a guest waits for others. */
export interface Root {
  readonly guests: readonly string[];
  readonly reason: Reason;
}

const REASON = `code message advice
  host { name status reasons { message } }
  guest { id name }`;
const EVENT = "occurredAt severity message";
const VERDICT = "host { id name } feasible score rejectedBy { code message }";

const QUERY = `query Explain($id: ID!) {
  fleet { at highAvailability { enabled } }
  guest: node(id: $id) {
    ... on Guest {
      id name tenant { name } status statusSince desired deleting retryAt readyAt
      host { name zone { name } } targetHost { name } homeHost { name } displacedFrom { name }
      blockedBy { ${REASON} }
      moveBlockedBy { ${REASON} }
      incident { open openedAt root { message } }
      placement {
        host { name } decidedAt score hostsExamined hostsNotExamined verdicts { ${VERDICT} }
      }
      events(last: 1) { nodes { ${EVENT} causes { ${EVENT} } } }
    }
  }
  considered: explainPlacement(input: { guestId: $id }) {
    host { name } feasibleHosts verdicts { ${VERDICT} }
  }
}`;

export async function explanationOf(url: string, text: string): Promise<Explanation> {
  const id = await findGuest(url, text);
  const answer = await ask<Omit<Explanation, "roots" | "hosts">>(url, QUERY, { id });
  const [roots, hosts] = await Promise.all([
    rootsOf(url, answer.guest),
    ailingHosts(url, answer.considered.verdicts),
  ]);
  return { ...answer, roots, hosts };
}

/** Hosts that are asked what ails them: in a large fleet they tell much the same. */
const HOSTS_MAX = 3;

/** What keeps the first of the hosts that are out of service from taking guests. */
async function ailingHosts(url: string, verdicts: readonly Verdict[]): Promise<AilingHost[]> {
  const out = verdicts.filter(({ rejectedBy }) =>
    rejectedBy.some(({ code }) => OUT_OF_SERVICE.has(code)),
  );
  const ids = out.flatMap(({ host }) => (host ? [host.id] : [])).slice(0, HOSTS_MAX);
  if (ids.length === 0) return [];
  const { nodes } = await ask<{ nodes: readonly (AilingHost | null)[] }>(
    url,
    "query Hosts($ids: [ID!]!) { nodes(ids: $ids) { ... on Host { name reasons { message } } } }",
    { ids },
  );
  return nodes.filter((node) => node !== null);
}

const OUT_OF_SERVICE: ReadonlySet<string> = new Set([
  "HOST_NOT_UP",
  "HOST_IN_MAINTENANCE",
  "HOST_HELD_OFF",
  "ZONE_FAILING",
]);

/** Guests looked at on the way to the roots; the server takes no more ids at once. */
const ROOTS_MAX = 100;

/** Follows those that it waits for to those that wait for no other guest. */
async function rootsOf(url: string, { id, blockedBy }: ExplainedGuest): Promise<Root[]> {
  const seen = new Set([id]);
  const roots = new Map<string, { guests: string[]; reason: Reason }>();
  let next = idsIn(blockedBy, seen);
  while (next.length > 0) {
    const { nodes } = await ask<{ nodes: readonly (WaitedFor | null)[] }>(
      url,
      `query Waiting($ids: [ID!]!) {
        nodes(ids: $ids) { ... on Guest { name desired blockedBy { ${REASON} } } }
      }`,
      { ids: next },
    );
    const guests = nodes.filter((node) => node !== null);
    for (const guest of guests)
      for (const reason of endsOf(guest)) {
        const root = roots.get(`${reason.code} ${reason.message}`) ?? { guests: [], reason };
        roots.set(`${reason.code} ${reason.message}`, root);
        root.guests.push(guest.name);
      }
    next = guests.flatMap((guest) => idsIn(guest.blockedBy, seen)).slice(0, ROOTS_MAX);
  }
  return [...roots.values()];
}

interface WaitedFor {
  readonly name: string;
  readonly desired: string;
  readonly blockedBy: readonly Reason[];
}

/** Its reasons that point at no further guest. One that is as it should be may not be meant to run. */
function endsOf({ desired, blockedBy }: WaitedFor): Reason[] {
  if (blockedBy.length > 0) return blockedBy.filter(({ guest }) => guest === null);
  if (desired === "RUNNING") return [];
  const message = `it is ${desired}, as it was asked to be`;
  const advice = `Have it run (${desired === "STOPPED" ? "startGuest" : "resumeGuest"}), or take it out of dependsOn.`;
  return [{ code: desired, message, advice, host: null, guest: null }];
}

/** The guests that reasons name and that were not seen yet. */
function idsIn(reasons: readonly Reason[], seen: Set<string>): string[] {
  const ids = reasons.flatMap(({ guest }) => (guest ? [guest.id] : []));
  return ids.filter((id) => !seen.has(id) && seen.add(id)).slice(0, ROOTS_MAX);
}

/** `web-1` of the default tenant or the only one that has it; `tenant/web-1`; or a global id. */
async function findGuest(url: string, text: string): Promise<string> {
  if (text.includes("/"))
    return findTarget(url, text.startsWith("guest/") ? text : `guest/${text}`);
  const { guest, guests } = await ask<{
    guest: { id: string } | null;
    guests: { nodes: readonly { id: string; name: string; tenant: { name: string } }[] };
  }>(
    url,
    `query Find($name: String!) {
      guest(name: $name) { id }
      guests(first: 100, filter: { nameContains: $name }) { nodes { id name tenant { name } } }
    }`,
    { name: text },
  );
  if (guest) return guest.id;
  const namesakes = guests.nodes.filter(({ name }) => name === text);
  if (namesakes.length > 1) {
    const names = namesakes.map(({ tenant }) => `${tenant.name}/${text}`).join(", ");
    throw new CliError(`There are ${namesakes.length} guests ${text}; say which: ${names}`);
  }
  return namesakes[0]?.id ?? findTarget(url, isGlobalId(text) ? text : `guest/${text}`);
}
