/** Load balancers of a document as a `FleetSpec` has them: with their defaults, counted guests written out. */
import { GUEST_DEFAULTS, type LoadBalancerSpec, type Path } from "../model/fleet.ts";
import {
  CHECK_DEFAULTS,
  DEFAULT_WEIGHT,
  GROUP_DEFAULTS,
  type TargetWish,
  TRAFFIC_DEFAULTS,
  type Traffic,
} from "../model/load-balancing.ts";
import type { LoadBalancerItem, TargetGroupItem, TrafficItem } from "./document.ts";
import type { Names } from "./names.ts";
import type { References } from "./references.ts";
import type { WorkloadBuilder } from "./workload.ts";

export function buildLoadBalancers(
  items: readonly LoadBalancerItem[],
  references: References,
  names: Names,
  workloads: WorkloadBuilder,
): LoadBalancerSpec[] {
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
        targets: targetsOf(group, tenant, references, [
          ...path,
          "targetGroups",
          String(nth),
          "targets",
        ]),
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

/** One that is named twice is what it is named to be last. */
function targetsOf(
  { targets = [] }: TargetGroupItem,
  tenant: string,
  references: References,
  path: Path,
): TargetWish<string>[] {
  const wishes = new Map<string, TargetWish<string>>();
  for (const [index, item] of targets.entries()) {
    const {
      guest,
      port = null,
      weight = DEFAULT_WEIGHT,
      address = null,
    } = typeof item === "string" ? { guest: item } : item;
    for (const name of references.ofTenant([guest], tenant, [...path, String(index)]))
      wishes.set(name, { guest: name, port, weight, address });
  }
  return [...wishes.values()];
}
