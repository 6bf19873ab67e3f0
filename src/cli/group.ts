import { CliError, type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { ask, RefusedError } from "./request.ts";
import { sparkline } from "./sparkline.ts";

export const group: Command = {
  name: "group",
  synopsis: "[TENANT/]NAME [--size N] [--refresh | --cancel-refresh | --roll-back] [--url URL]",
  summary: "Show a scaling group, set how many members it is to have, or refresh them",
  details: `What is shown: its size, its policies and what they expect of the next 24 hours, its load balancers, what they
want and may not have, why members are missing, the hooks that members wait for, and how far its refresh is. With
--size it is told to have so many, from min to max; its policies may move it again.`,
  options: {
    size: { description: "How many members it is to have", value: "N" },
    refresh: { description: "Replace members that are not of its template, a few at a time" },
    "cancel-refresh": { description: "End its refresh where it is" },
    "roll-back": { description: "Go back to the template before" },
    ...URL_OPTION,
  },
  examples: [
    "evenkeel group shop/checkout",
    "evenkeel group web --size 5",
    "evenkeel group web --refresh",
  ],
  async run(args) {
    const [name, ...more] = args.positionals;
    if (name === undefined || more.length > 0)
      throw new UsageError("Name one scaling group, as in 'evenkeel group shop/checkout'");
    const size = args.text("size");
    if (size !== undefined && !/^\d+$/.test(size))
      throw new UsageError(`--size takes a whole number, not '${size}'`);
    const verbs = Object.keys(VERBS).filter((verb) => args.flag(verb));
    if (verbs.length > 1) throw new UsageError(`Give one of --${verbs.join(" and --")}`);
    const url = serverUrl(args);
    const { id: scalingGroupId } = await find(url, name);
    if (size !== undefined)
      await act(url, "setDesiredCapacity", { scalingGroupId, desired: Number(size) });
    for (const verb of verbs) await act(url, VERBS[verb as keyof typeof VERBS], { scalingGroupId });
    process.stdout.write(textOf(await find(url, name)));
    return 0;
  },
};

const VERBS = {
  refresh: "startGroupRefresh",
  "cancel-refresh": "cancelGroupRefresh",
  "roll-back": "rollBackGroupRefresh",
} as const;

interface Reason {
  readonly message: string;
  readonly advice: string;
}
interface TargetGroup {
  readonly name: string;
  readonly loadBalancer: { readonly name: string };
  readonly targets: readonly {
    readonly state: string;
    readonly guest: { readonly scalingGroup: { readonly id: string } | null };
  }[];
}
interface Waiting {
  readonly name: string;
  readonly lifecycle: {
    readonly transition: string;
    readonly hooks: readonly { readonly hook: string; readonly timesOutAt: string }[];
  } | null;
}
interface Refresh {
  readonly status: string;
  readonly percent: number;
  readonly toRevision: number;
  readonly waitsUntil: string | null;
  readonly reason: string | null;
}
interface Policy {
  readonly name: string;
  readonly kind: string;
  readonly forecast: Forecast | null;
}
interface Forecast {
  readonly learning: boolean;
  readonly forecastsFrom: string;
  readonly historyDays: number;
  readonly error: number | null;
  readonly points: readonly { readonly size: number | null }[];
}
interface Group {
  readonly id: string;
  readonly name: string;
  readonly tenant: { readonly name: string };
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  readonly size: number;
  readonly running: number;
  readonly deleting: boolean;
  readonly policies: readonly Policy[];
  readonly targetGroups: readonly TargetGroup[];
  readonly waiting: readonly Waiting[];
  readonly refresh: Refresh | null;
  readonly held: readonly { readonly policy: string; readonly reason: Reason }[];
  readonly blockedBy: readonly Reason[];
}

async function find(url: string, text: string): Promise<Group> {
  const [tenant, name] = text.includes("/") ? text.split(/\/(.*)/, 2) : ["default", text];
  const query = `query Group($name: String!, $tenant: String!) {
    group: scalingGroup(name: $name, tenant: $tenant) {
      id name tenant { name } min max desired size running deleting
      policies {
        name kind
        forecast(hours: 24) { learning forecastsFrom historyDays error points { size } }
      }
      targetGroups { name loadBalancer { name } targets { state guest { scalingGroup { id } } } }
      refresh { status percent toRevision waitsUntil reason }
      waiting { name lifecycle { transition hooks { hook timesOutAt } } }
      held { policy reason { message advice } }
      blockedBy { message advice }
    }
  }`;
  const found = (await ask<{ group: Group | null }>(url, query, { name, tenant })).group;
  if (!found) throw new CliError(`There is no scaling group ${tenant}/${name}`);
  return found;
}

async function act(url: string, mutation: string, input: Record<string, unknown>): Promise<void> {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
  const { result } = await ask<{ result: { code?: string; message?: string } }>(
    url,
    `mutation Act($input: ${type}!) {
      result: ${mutation}(input: $input) { ... on Error { code message } }
    }`,
    { input },
  );
  if (result.code) throw new RefusedError(result.code, result.message ?? result.code, []);
}

function textOf(shown: Group): string {
  const { name, tenant, size, running, desired, min, max, deleting } = shown;
  const fate = deleting ? ", and is being deleted" : "";
  const reasons = [
    ...shown.held.map(({ policy, reason }) => ({
      ...reason,
      message: `${policy}: ${reason.message}`,
    })),
    ...shown.blockedBy,
  ];
  return [
    `${tenant.name}/${name} is to have ${desired} members (${min} to ${max}), has ${size}, of which ${running} run${fate}`,
    ...shown.policies.flatMap(({ name, kind, forecast }) => [
      `  policy ${name} (${kind})`,
      ...(forecast ? [`    ${forecastText(forecast)}`] : []),
    ]),
    ...shown.targetGroups.map((group) => `  ${targetsIn(group, shown.id)}`),
    ...(shown.refresh ? [progressOf(shown.refresh)] : []),
    ...shown.waiting.flatMap(waitOf),
    ...reasons.map(({ message, advice }) => `  • ${message}\n    → ${advice}`),
    "",
  ].join("\n");
}

function targetsIn({ name, loadBalancer, targets }: TargetGroup, groupId: string): string {
  const own = targets.filter(({ guest }) => guest.scalingGroup?.id === groupId);
  const healthy = own.filter(({ state }) => state === "HEALTHY").length;
  return `target group ${name} of ${loadBalancer.name} (${healthy} of ${own.length} targets healthy)`;
}

function progressOf({ status, percent, toRevision, waitsUntil, reason }: Refresh): string {
  const until = waitsUntil === null ? "" : ` until ${waitsUntil}`;
  const why = reason === null ? "" : `: ${reason}`;
  return `  refresh to template ${toRevision}: ${status}${until}, ${percent} %${why}`;
}

function waitOf({ name, lifecycle }: Waiting): string[] {
  return (lifecycle?.hooks ?? []).map(
    ({ hook, timesOutAt }) =>
      `  ${name} waits for hook ${hook} (${lifecycle?.transition}) until ${timesOutAt}`,
  );
}

const POINTS_AN_HOUR = 4;

/** The most members of each hour to come. */
function forecastText({ learning, forecastsFrom, historyDays, error, points }: Forecast): string {
  if (learning) return `learns, and forecasts from ${forecastsFrom} on`;
  const sizes = points.map(({ size }) => size ?? 0);
  const hours = Array.from({ length: Math.floor(sizes.length / POINTS_AN_HOUR) }, (_, hour) =>
    Math.max(...sizes.slice(hour * POINTS_AN_HOUR, (hour + 1) * POINTS_AN_HOUR)),
  );
  const off = error === null ? "" : `, off by ${Math.round(error * 100)} %`;
  return `expects ${Math.min(...hours)} to ${Math.max(...hours)} members in the hours to come: ${sparkline(hours)} (from ${historyDays.toFixed(1)} days${off})`;
}
