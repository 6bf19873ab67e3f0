import { CliError, type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { ask, RefusedError } from "./request.ts";

export const group: Command = {
  name: "group",
  synopsis: "[TENANT/]NAME [--size N] [--url URL]",
  summary: "Show a scaling group, or set how many members it is to have",
  details: `What is shown: its size, its policies, what they want and may not have, why members are missing,
and the hooks that members wait for. With --size it is told to have so many, from min to max; its policies may move it again.`,
  options: {
    size: { description: "How many members it is to have", value: "N" },
    ...URL_OPTION,
  },
  examples: ["evenkeel group shop/checkout", "evenkeel group web --size 5"],
  async run(args) {
    const [name, ...more] = args.positionals;
    if (name === undefined || more.length > 0)
      throw new UsageError("Name one scaling group, as in 'evenkeel group shop/checkout'");
    const size = args.text("size");
    if (size !== undefined && !/^\d+$/.test(size))
      throw new UsageError(`--size takes a whole number, not '${size}'`);
    const url = serverUrl(args);
    const found = await find(url, name);
    if (size !== undefined) await resize(url, found.id, Number(size));
    process.stdout.write(textOf(size === undefined ? found : await find(url, name)));
    return 0;
  },
};

interface Reason {
  readonly message: string;
  readonly advice: string;
}
interface Waiting {
  readonly name: string;
  readonly lifecycle: {
    readonly transition: string;
    readonly hooks: readonly { readonly hook: string; readonly timesOutAt: string }[];
  } | null;
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
  readonly policies: readonly { readonly name: string; readonly kind: string }[];
  readonly waiting: readonly Waiting[];
  readonly held: readonly { readonly policy: string; readonly reason: Reason }[];
  readonly blockedBy: readonly Reason[];
}

async function find(url: string, text: string): Promise<Group> {
  const [tenant, name] = text.includes("/") ? text.split("/", 2) : ["default", text];
  const query = `query Group($name: String!, $tenant: String!) {
    group: scalingGroup(name: $name, tenant: $tenant) {
      id name tenant { name } min max desired size running deleting
      policies { name kind }
      waiting { name lifecycle { transition hooks { hook timesOutAt } } }
      held { policy reason { message advice } }
      blockedBy { message advice }
    }
  }`;
  const found = (await ask<{ group: Group | null }>(url, query, { name, tenant })).group;
  if (!found) throw new CliError(`There is no scaling group ${tenant}/${name}`);
  return found;
}

async function resize(url: string, scalingGroupId: string, desired: number): Promise<void> {
  const { result } = await ask<{ result: { code?: string; message?: string } }>(
    url,
    `mutation Resize($input: SetDesiredCapacityInput!) {
      result: setDesiredCapacity(input: $input) { ... on Error { code message } }
    }`,
    { input: { scalingGroupId, desired } },
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
    ...shown.policies.map((policy) => `  policy ${policy.name} (${policy.kind})`),
    ...shown.waiting.flatMap(waitOf),
    ...reasons.map(({ message, advice }) => `  • ${message}\n    → ${advice}`),
    "",
  ].join("\n");
}

function waitOf({ name, lifecycle }: Waiting): string[] {
  return (lifecycle?.hooks ?? []).map(
    ({ hook, timesOutAt }) =>
      `  ${name} waits for hook ${hook} (${lifecycle?.transition}) until ${timesOutAt}`,
  );
}
