/** Load balancers of a document as a `FleetSpec` has them: with their defaults, counted guests written out. */
import { GUEST_DEFAULTS, type LoadBalancerSpec, type Path } from "../model/fleet.ts";
import {
  type AnyTargetWish,
  CHECK_DEFAULTS,
  DEFAULT_WEIGHT,
  GROUP_DEFAULTS,
  TRAFFIC_DEFAULTS,
  type Traffic,
} from "../model/load-balancing.ts";
import type { LoadBalancerItem, TargetGroupItem, TrafficItem } from "./document.ts";
import type { Names } from "./names.ts";
import type { ProblemList } from "./problems.ts";
import type { References } from "./references.ts";
import type { WorkloadBuilder } from "./workload.ts";

interface Parts {
  readonly references: References;
  readonly names: Names;
  readonly workloads: WorkloadBuilder;
  readonly problems: ProblemList;
}

export function buildLoadBalancers(
  items: readonly LoadBalancerItem[],
  parts: Parts,
): LoadBalancerSpec[] {
  const { names, workloads } = parts;
  return items.map((item, index) => {
    const path = ["loadBalancers", String(index)];
    const { name, tenant = GUEST_DEFAULTS.tenant, listeners = [], targetGroups = [] } = item;
    const { driver = "simulated" } = item;
    names.take(`load balancer of tenant ${tenant}`, name, path);
    return {
      path,
      name,
      tenant,
      driver: driver === "simulated" ? driver : "haproxy",
      socketPath: driver === "simulated" ? null : driver.haproxy.socket,
      listeners: listeners.map(({ port, protocol = "HTTP", targetGroup, traffic }, nth) => ({
        port,
        protocol,
        targetGroup,
        traffic: traffic
          ? trafficOf(traffic, [...path, "listeners", String(nth), "traffic"], workloads)
          : null,
      })),
      targetGroups: targetGroups.map((group, nth) => ({
        ...groupOf(group),
        targets: targetsOf(group, tenant, parts, [...path, "targetGroups", String(nth), "targets"]),
      })),
    };
  });
}

function trafficOf(item: TrafficItem, path: Path, workloads: WorkloadBuilder): Traffic {
  const { workload: shape, ...rest } = item;
  const workload = shape ? workloads.build(shape, [...path, "workload"]) : null;
  return { ...TRAFFIC_DEFAULTS, ...rest, workload };
}

function groupOf(item: TargetGroupItem) {
  const { targets: _targets, healthCheck, ...rest } = item;
  return { ...GROUP_DEFAULTS, ...rest, healthCheck: { ...CHECK_DEFAULTS, ...healthCheck } };
}

/** A guest that is named twice is what it is named to be last. */
function targetsOf(
  { targets = [] }: TargetGroupItem,
  tenant: string,
  { references, problems }: Pick<Parts, "references" | "problems">,
  path: Path,
): AnyTargetWish<string, string>[] {
  const wishes = new Map<string, AnyTargetWish<string, string>>();
  const groups: AnyTargetWish<string, string>[] = [];
  for (const [index, item] of targets.entries()) {
    const at = [...path, String(index)];
    const named = typeof item === "string" ? { guest: item } : item;
    const { guest, scalingGroup, port = null, weight = DEFAULT_WEIGHT, address = null } = named;
    if (scalingGroup !== undefined) {
      if (address !== null)
        problems.add([...at, "address"], "members of a scaling group have addresses of their own");
      groups.push({ scalingGroup, port, weight });
    } else if (guest !== undefined)
      for (const name of references.ofTenant([guest], tenant, at))
        wishes.set(name, { guest: name, port, weight, address });
  }
  return [...wishes.values(), ...groups];
}
