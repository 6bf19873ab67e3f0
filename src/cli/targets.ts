import { nearest } from "../fleet/nearest.ts";
import { CliError, UsageError } from "./command.ts";
import { ask } from "./request.ts";

interface Named {
  readonly id: string;
  readonly name: string;
}
interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const PAGE = "pageInfo { hasNextPage endCursor }";

type Finder = (url: string, parts: readonly string[]) => Promise<string | null>;

/** How each kind of thing is named on the command line, behind its kind. */
const FINDERS: Readonly<Record<string, { form: string; parts: readonly number[]; find: Finder }>> =
  {
    region: { form: "region/NAME", parts: [1], find: byName("region") },
    zone: { form: "zone/NAME", parts: [1], find: byName("zone") },
    rack: { form: "rack/DATACENTER/RACK", parts: [2], find: findRack },
    host: { form: "host/NAME", parts: [1], find: byName("host") },
    guest: { form: "guest/[TENANT/]NAME", parts: [1, 2], find: findGuest },
    tenant: { form: "tenant/NAME", parts: [1], find: byName("tenant") },
  };

export const TARGET_FORMS = Object.values(FINDERS)
  .map(({ form }) => form)
  .join(", ");

/** The global id of what `target` names. Throws UsageError for a malformed one, CliError for none. */
export async function findTarget(url: string, target: string): Promise<string> {
  const [kind = "", ...parts] = target.split("/");
  if (parts.length === 0 && isGlobalId(target)) return target;
  const finder = FINDERS[kind.toLowerCase()];
  if (!finder?.parts.includes(parts.length) || parts.includes("")) {
    throw new UsageError(`'${target}' is not of the form ${TARGET_FORMS}, or a global id`);
  }
  const id = await finder.find(url, parts);
  if (id !== null) return id;
  const hint = await suggestion(url, kind.toLowerCase(), parts.at(-1) as string);
  throw new CliError(`There is no ${kind.toLowerCase()} ${parts.join("/")}${hint}`);
}

export function findZone(url: string, name: string): Promise<string> {
  return findTarget(url, name.includes("/") || isGlobalId(name) ? name : `zone/${name}`);
}

export function findTenant(url: string, name: string): Promise<string> {
  return findTarget(url, name.includes("/") || isGlobalId(name) ? name : `tenant/${name}`);
}

export function findHost(url: string, name: string): Promise<string> {
  return findTarget(url, name.includes("/") || isGlobalId(name) ? name : `host/${name}`);
}

export function isGlobalId(text: string): boolean {
  return /^[A-Za-z]+:.+$/.test(Buffer.from(text, "base64").toString("utf8"));
}

function byName(field: "region" | "zone" | "host" | "tenant"): Finder {
  return async (url, [name]) => {
    const query = `query Find($name: String!) { found: ${field}(name: $name) { id } }`;
    return (await ask<{ found: Named | null }>(url, query, { name })).found?.id ?? null;
  };
}

async function findGuest(url: string, parts: readonly string[]): Promise<string | null> {
  const [tenant, name] = parts.length === 2 ? parts : ["default", parts[0]];
  const query = `query Find($name: String!, $tenant: String!) {
    found: guest(name: $name, tenant: $tenant) { id }
  }`;
  return (await ask<{ found: Named | null }>(url, query, { name, tenant })).found?.id ?? null;
}

/** A rack's name is its own only within a data center, and a data center's within a zone. */
async function findRack(url: string, parts: readonly string[]): Promise<string | null> {
  const [dataCenter, rack] = parts as [string, string];
  const zones = await allPages<{ dataCenters: { nodes: readonly Named[] } }>(
    url,
    `query DataCenters($after: String, $name: String!) {
      page: zones(first: 100, after: $after) {
        nodes { dataCenters(first: 100, filter: { nameContains: $name }) { nodes { id name } } }
        ${PAGE}
      }
    }`,
    { name: dataCenter },
  );
  const inAll = zones.flatMap((zone) => zone.dataCenters.nodes);
  const found: string[] = [];
  for (const { id } of inAll.filter(({ name }) => name === dataCenter)) {
    const racks = await racksOf(url, id, rack);
    found.push(...racks.filter(({ name }) => name === rack).map((one) => one.id));
  }
  if (found.length > 1) {
    throw new CliError(
      `There are ${found.length} racks ${dataCenter}/${rack}, in different zones; give the global id of one of them: ${found.join(", ")}`,
    );
  }
  return found[0] ?? null;
}

async function racksOf(url: string, dataCenterId: string, name: string): Promise<Named[]> {
  const racks: Named[] = [];
  for (let after: string | null = null; ; ) {
    const { node }: { node: { racks: Page<Named> } | null } = await ask(
      url,
      `query Racks($id: ID!, $after: String, $name: String!) {
        node(id: $id) {
          ... on DataCenter {
            racks(first: 100, after: $after, filter: { nameContains: $name }) {
              nodes { id name }
              ${PAGE}
            }
          }
        }
      }`,
      { id: dataCenterId, after, name },
    );
    racks.push(...(node?.racks.nodes ?? []));
    if (!node?.racks.pageInfo.hasNextPage) return racks;
    after = node.racks.pageInfo.endCursor;
  }
}

async function allPages<Node>(url: string, query: string, variables: object): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let after: string | null = null; ; ) {
    const { page }: { page: Page<Node> } = await ask(url, query, { ...variables, after });
    nodes.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return nodes;
    after = page.pageInfo.endCursor;
  }
}

/** Regions, zones and tenants are few enough to name; hosts and guests are not. */
async function suggestion(url: string, kind: string, name: string): Promise<string> {
  if (kind !== "region" && kind !== "zone" && kind !== "tenant") return "";
  const query = `{ found: ${kind}s(first: 100) { nodes { name } } }`;
  const { found } = await ask<{ found: { nodes: readonly Named[] } }>(url, query);
  const names = found.nodes.map((node) => node.name);
  const close = nearest(name, names);
  if (close) return `; did you mean ${close}?`;
  return names.length > 0 && names.length <= 20 ? `; there are ${names.join(", ")}` : "";
}
