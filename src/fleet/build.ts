/** From a document of the right shape to a `FleetSpec`: defaults, copies, traces, names. */
import { type Allocation, asHeld } from "../model/allocation.ts";
import {
  type AffinityRuleSpec,
  type FleetSpec,
  GUEST_DEFAULTS,
  type GuestSpec,
  type HostSpec,
  type Path,
  type RegionSpec,
  type ScalingGroupSpec,
  type SecurityGroupSpec,
} from "../model/fleet.ts";
import { HOOK_DEFAULTS } from "../model/lifecycle-hooks.ts";
import { LIMITS } from "../model/limits.ts";
import { SCALING_DEFAULTS } from "../model/scaling.ts";
import { allocationOf, millicoresOf, quotaOf, resourcesOf } from "./amounts.ts";
import type {
  FlavorItem,
  FleetDocument,
  GuestItem,
  HostItem,
  RegionItem,
  RuleItem,
  ScalingGroupItem,
  SecurityGroupItem,
} from "./document.ts";
import { buildLoadBalancers } from "./load-balancers.ts";
import { Names } from "./names.ts";
import { powerWattsIn } from "./power-model.ts";
import type { ProblemList } from "./problems.ts";
import { References } from "./references.ts";
import { policyOf, templateOf } from "./scaling.ts";
import { checkSettings, settingsOf } from "./settings.ts";
import { toleranceOf } from "./tolerate.ts";
import type { TraceFile } from "./trace-file.ts";
import { WorkloadBuilder } from "./workload.ts";

type ReadTrace = ((file: string) => TraceFile) | undefined;

export function buildSpec(
  document: FleetDocument,
  readTrace: ReadTrace,
  problems: ProblemList,
): FleetSpec {
  return new SpecBuilder(readTrace, problems).build(document);
}

class SpecBuilder {
  readonly #problems: ProblemList;
  readonly #names: Names;
  readonly #references: References;
  readonly #workloads: WorkloadBuilder;
  #hosts = 0;

  constructor(readTrace: ReadTrace, problems: ProblemList) {
    this.#problems = problems;
    this.#names = new Names(problems);
    this.#references = new References(problems);
    this.#workloads = new WorkloadBuilder(problems, readTrace);
  }

  build(document: FleetDocument): FleetSpec {
    const { settings = {} } = document;
    checkSettings(settings, this.#problems);
    this.#workloads.bring(document.traces ?? []);
    return {
      settings: settingsOf(settings),
      regions: this.#each(document.regions, ["regions"], "region", (item, path) =>
        this.#region(item, path),
      ),
      tenants: this.#each(document.tenants, ["tenants"], "tenant", (item, path) => ({
        path,
        name: item.name,
        quota: quotaOf(item.quota, [...path, "quota"], this.#problems),
      })),
      flavors: this.#each(document.flavors, ["flavors"], "flavor", (item, path) => ({
        path,
        name: item.name,
        resources: resourcesOf(item, path, this.#problems),
        allocation: this.#allocation(item, path),
      })),
      images: this.#each(document.images, ["images"], "image", (item, path) => ({
        path,
        name: item.name,
        bootSeconds: item.bootSeconds ?? null,
      })),
      guests: this.#guestSpecs(document.guests ?? []),
      affinityRules: this.#each(document.affinityRules, ["affinityRules"], "rule", (item, path) =>
        this.#rule(item, path),
      ),
      securityGroups: (document.securityGroups ?? []).map((item, index) =>
        this.#securityGroup(item, ["securityGroups", String(index)]),
      ),
      loadBalancers: buildLoadBalancers(document.loadBalancers ?? [], {
        references: this.#references,
        names: this.#names,
        workloads: this.#workloads,
        problems: this.#problems,
      }),
      scalingGroups: (document.scalingGroups ?? []).map((item, index) =>
        this.#scalingGroup(item, ["scalingGroups", String(index)]),
      ),
    };
  }

  /** Builds each item of the list at `path`, whose names must differ; `what` says of what kind. */
  #each<Item extends { readonly name: string }, Spec>(
    items: readonly Item[] | undefined,
    path: Path,
    what: string,
    build: (item: Item, path: Path) => Spec,
  ): Spec[] {
    return (items ?? []).map((item, index) => {
      const itemPath = [...path, String(index)];
      this.#names.take(what, item.name, itemPath);
      return build(item, itemPath);
    });
  }

  #region(item: RegionItem, path: Path): RegionSpec {
    return {
      path,
      name: item.name,
      latitude: item.location?.latitude ?? null,
      longitude: item.location?.longitude ?? null,
      zones: this.#each(item.zones, [...path, "zones"], "zone", (zone, zonePath) => ({
        path: zonePath,
        name: zone.name,
        tolerate: zone.tolerate === undefined ? null : toleranceOf(zone.tolerate),
        dataCenters: this.#each(
          zone.dataCenters,
          [...zonePath, "dataCenters"],
          `data center of zone ${zone.name}`,
          (dataCenter, dataCenterPath) => ({
            path: dataCenterPath,
            name: dataCenter.name,
            hosts: this.#hostSpecs(dataCenter.hosts ?? [], [...dataCenterPath, "hosts"]),
          }),
        ),
      })),
    };
  }

  #hostSpecs(items: readonly HostItem[], path: Path): HostSpec[] {
    return items.flatMap((item, index) => {
      const itemPath = [...path, String(index)];
      if (!this.#admitHosts(item.count ?? 1, itemPath)) return [];
      const { driver = "simulated" } = item;
      const shared = {
        path: itemPath,
        rack: item.rack ?? null,
        capacity: resourcesOf(item, itemPath, this.#problems),
        powerWatts: powerWattsIn(item, itemPath, this.#problems),
        powered: item.powered ?? true,
        driver: driver === "simulated" ? driver : ("libvirt" as const),
        driverUri: driver === "simulated" ? null : driver.libvirt.uri,
      };
      return this.#names.copies(item, itemPath).map((name) => {
        this.#names.take("host", name, itemPath);
        return { ...shared, name };
      });
    });
  }

  /** False when these are too many; said of the first item that is, and not again of those after it. */
  #admitHosts(count: number, path: Path): boolean {
    const admitted = this.#hosts <= LIMITS.hosts;
    this.#hosts += count;
    if (this.#hosts <= LIMITS.hosts) return true;
    if (admitted) {
      this.#problems.add(path, `with this the document holds more than ${LIMITS.hosts} hosts`);
    }
    return false;
  }

  #guestSpecs(items: readonly GuestItem[]): GuestSpec[] {
    if (!this.#withinLimit(items)) return [];
    // All names first: a guest may depend on one that stands further down.
    const copies = items.map((item, index) => this.#guestNames(item, ["guests", String(index)]));
    return items.flatMap((item, index) =>
      this.#guestCopies(item, copies[index] ?? [], ["guests", String(index)]),
    );
  }

  #withinLimit(items: readonly GuestItem[]): boolean {
    let total = 0;
    for (const [index, item] of items.entries()) {
      total += item.count ?? 1;
      if (total > LIMITS.guests) {
        const words = `with this the document holds more than ${LIMITS.guests} guests`;
        this.#problems.add(["guests", String(index)], words);
        return false;
      }
    }
    return true;
  }

  #guestNames(item: GuestItem, path: Path): string[] {
    const names = this.#names.copies(item, path);
    const what = `guest of tenant ${item.tenant ?? GUEST_DEFAULTS.tenant}`;
    for (const name of names) this.#names.take(what, name, path);
    this.#references.define(item, names);
    return names;
  }

  #guestCopies(item: GuestItem, names: readonly string[], path: Path): GuestSpec[] {
    const tenant = item.tenant ?? GUEST_DEFAULTS.tenant;
    const dependsOn = [...path, "dependsOn"];
    const { resources, workload } = item;
    const shared = {
      path,
      tenant,
      flavor: item.flavor ?? null,
      resources: resources ? resourcesOf(resources, [...path, "resources"], this.#problems) : null,
      image: item.image,
      desired: item.desired ?? GUEST_DEFAULTS.desired,
      host: item.host ?? null,
      priority: item.priority ?? GUEST_DEFAULTS.priority,
      dependsOn: this.#references.ofGuest(item.dependsOn ?? [], tenant, dependsOn, names.length),
      maxRestarts: item.maxRestarts ?? GUEST_DEFAULTS.maxRestarts,
      maxRelocations: item.maxRelocations ?? GUEST_DEFAULTS.maxRelocations,
      failback: item.failback ?? GUEST_DEFAULTS.failback,
      readyAfterSeconds: item.readyAfterSeconds ?? GUEST_DEFAULTS.readyAfterSeconds,
      preemptible: item.preemptible ?? GUEST_DEFAULTS.preemptible,
      allocation: this.#allocation(item, path),
      securityGroups: item.securityGroups ?? GUEST_DEFAULTS.securityGroups,
      workload: workload ? this.#workloads.build(workload, [...path, "workload"]) : null,
    };
    return names.map((name) => ({ ...shared, name }));
  }

  /** One object for all copies of a counted guest; null for one that says nothing. */
  #allocation(
    { allocation }: Pick<GuestItem | FlavorItem, "allocation">,
    path: Path,
  ): Allocation | null {
    return asHeld(allocationOf(allocation, [...path, "allocation"], this.#problems));
  }

  /** A group's name is the only one of its kind in its tenant, as a guest's is. */
  #securityGroup(item: SecurityGroupItem, path: Path): SecurityGroupSpec {
    const { name, tenant = GUEST_DEFAULTS.tenant, rules = [] } = item;
    this.#names.take(`security group of tenant ${tenant}`, name, path);
    return {
      path,
      name,
      tenant,
      rules: rules.map(({ direction, protocol = "ANY", ...rule }) => ({
        direction,
        protocol,
        fromPort: rule.fromPort ?? null,
        toPort: rule.toPort ?? null,
        remoteCidr: rule.remoteCidr ?? null,
        remoteGroup: rule.remoteGroup ?? null,
      })),
    };
  }

  #scalingGroup(item: ScalingGroupItem, path: Path): ScalingGroupSpec {
    const { name, tenant = GUEST_DEFAULTS.tenant, template, policies = [], demand } = item;
    this.#names.take(`scaling group of tenant ${tenant}`, name, path);
    const shared = { ...SCALING_DEFAULTS, ...item };
    return {
      path,
      name,
      tenant,
      template: {
        ...templateOf(template),
        allocation: this.#allocation(template, [...path, "template"]),
      },
      min: shared.min,
      max: item.max,
      desired: item.desired ?? null,
      zones: item.zones ?? [],
      policies: policies.map(policyOf),
      terminationPolicy: shared.terminationPolicy,
      cooldownSeconds: shared.cooldownSeconds,
      warmUpSeconds: shared.warmUpSeconds,
      scaleInAfterSeconds: shared.scaleInAfterSeconds,
      unhealthyAfterSeconds: shared.unhealthyAfterSeconds,
      healthCheck: shared.healthCheck,
      lifecycleHooks: (item.lifecycleHooks ?? []).map((hook) => ({ ...HOOK_DEFAULTS, ...hook })),
      demand: demand ? this.#demand(demand, [...path, "demand"]) : null,
    };
  }

  #demand(
    { peakCpuCores, workload }: NonNullable<ScalingGroupItem["demand"]>,
    path: Path,
  ): ScalingGroupSpec["demand"] {
    const built = this.#workloads.build(workload, [...path, "workload"]);
    const peakMillicores = millicoresOf(peakCpuCores, path, this.#problems, "peakCpuCores");
    return built && { workload: built, peakMillicores };
  }

  #rule(item: RuleItem, path: Path): AffinityRuleSpec {
    const shared = {
      path,
      name: item.name,
      strict: item.strict ?? false,
      disabled: item.disabled ?? false,
      guests: this.#references.ofRule(item.guests, [...path, "guests"]),
    };
    if (item.kind === "GUEST") {
      const { kind, polarity, scope = "HOST" } = item;
      return { ...shared, kind, hosts: [], polarity, scope };
    }
    const hosts = item.hosts.map((host, index) => {
      const { name, priority = 0 } = typeof host === "string" ? { name: host } : host;
      this.#names.take(`host of rule ${item.name}`, name, [...path, "hosts", String(index)]);
      return { name, priority };
    });
    return { ...shared, kind: item.kind, hosts, polarity: null, scope: null };
  }
}
