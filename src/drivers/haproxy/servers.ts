import type { TargetGroupOrder, TargetOrder } from "../../model/actions.ts";
import type { LoadBalancerTargetId } from "../../model/ids.ts";

/** A target's server in a backend of HAProxy, as it is to be. */
export interface WantedServer {
  readonly name: string;
  readonly address: string;
  readonly weight: number;
  readonly mode: "ready" | "drain" | "maint";
  /** It gets no requests before its checks say that it may: what HAProxy is new to, it takes for well. */
  readonly isNew: boolean;
  /** It gets requests whatever its checks say. */
  readonly isForcedUp: boolean;
  /** `add server` with all that it is to be checked by: a server that is added later has no defaults. */
  readonly options: string;
}

/** Only servers of this name are ours: what the configuration has of its own stays as it is. */
const OURS = /^evenkeel-(\d+)$/;

export function serverName(id: LoadBalancerTargetId): string {
  return `evenkeel-${id}`;
}

export function targetOf(server: string): LoadBalancerTargetId | null {
  const match = OURS.exec(server);
  return match ? (Number(match[1]) as LoadBalancerTargetId) : null;
}

export function wantedServers(group: TargetGroupOrder): WantedServer[] {
  return group.targets
    .filter(({ address }) => address !== null)
    .map((target) => wanted(group, target));
}

function wanted(group: TargetGroupOrder, target: TargetOrder): WantedServer {
  const { healthCheck, slowStartSeconds } = group;
  const ms = (seconds: number) => Math.max(1, Math.round(seconds * 1000));
  const options = [
    `check inter ${ms(healthCheck.intervalSeconds)}`,
    `rise ${healthCheck.healthyThreshold} fall ${healthCheck.unhealthyThreshold}`,
    ...(slowStartSeconds > 0 ? [`slowstart ${ms(slowStartSeconds)}`] : []),
  ];
  return {
    name: serverName(target.id),
    address: `${target.address}:${target.port}`,
    weight: target.weight,
    mode: modeOf(target),
    isNew: target.state === "INITIAL",
    isForcedUp: group.isOpen && target.state === "UNHEALTHY",
    options: options.join(" "),
  };
}

function modeOf({ state }: TargetOrder): WantedServer["mode"] {
  if (state === "DRAINING") return "drain";
  return state === "DRAINED" || state === "UNUSED" ? "maint" : "ready";
}

/** What HAProxy has of ours. */
export interface KnownServer {
  readonly name: string;
  readonly address: string;
  readonly weight: number;
  readonly mode: WantedServer["mode"];
}

/** Bits of `srv_admin_state` (HAProxy's management guide, "show servers state"). */
const FORCED_MAINTENANCE = 0x01;
const FORCED_DRAIN = 0x08;

/** Of the answer to `show servers state BACKEND`; null when it is no such answer. */
export function readServers(answer: string): KnownServer[] | null {
  const lines = answer.split("\n");
  const head = lines.find((line) => line.startsWith("# "));
  if (!head) return null;
  const names = head.slice(2).split(" ");
  return lines
    .filter((line) => line !== "1" && !line.startsWith("#") && line.includes(" "))
    .map((line) => new Map(line.split(" ").map((value, index) => [names[index], value])))
    .map((row) => ({
      name: row.get("srv_name") ?? "",
      address: `${row.get("srv_addr")}:${row.get("srv_port")}`,
      weight: Number(row.get("srv_uweight")),
      mode: adminMode(Number(row.get("srv_admin_state"))),
    }))
    .filter(({ name }) => targetOf(name) !== null);
}

function adminMode(state: number): KnownServer["mode"] {
  if (state & FORCED_MAINTENANCE) return "maint";
  return state & FORCED_DRAIN ? "drain" : "ready";
}

/** What makes the servers of a backend what they are to be. A server that has connections left is deleted later. */
export function commandsFor(
  backend: string,
  known: readonly KnownServer[],
  wanted: readonly WantedServer[],
): string[] {
  const byName = new Map(known.map((server) => [server.name, server]));
  const stays = new Set(wanted.map(({ name }) => name));
  return [
    ...wanted.flatMap((server) => commandsForOne(backend, byName.get(server.name), server)),
    ...known.filter(({ name }) => !stays.has(name)).flatMap(({ name }) => remove(backend, name)),
  ];
}

function commandsForOne(
  backend: string,
  known: KnownServer | undefined,
  wanted: WantedServer,
): string[] {
  const id = `${backend}/${wanted.name}`;
  const { address, weight, mode, options, isNew, isForcedUp } = wanted;
  if (known && known.address !== address) return remove(backend, wanted.name);
  if (!known && mode === "maint") return [];
  const add = known
    ? []
    : [`add server ${id} ${address} weight ${weight} ${options}`, `enable health ${id}`];
  return [
    ...add,
    ...(known && known.weight !== weight ? [`set weight ${id} ${weight}`] : []),
    ...(known?.mode === mode ? [] : [`set server ${id} state ${mode}`]),
    ...(isNew && known?.mode !== "ready" && known?.mode !== "drain"
      ? [`set server ${id} health down`]
      : []),
    ...(isForcedUp ? [`set server ${id} health up`] : []),
  ];
}

function remove(backend: string, name: string): string[] {
  return [`set server ${backend}/${name} state maint`, `del server ${backend}/${name}`];
}
