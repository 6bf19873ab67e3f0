import { type FleetSpec, GUEST_DEFAULTS, type GuestSpec } from "../../../model/fleet.ts";
import type { HostId, RackId, TenantId } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";
import type { State } from "../../state.ts";
import { endFaultsOn } from "../faults.ts";
import { ownFlavorName } from "../flavors.ts";
import { letGo } from "../host-power.ts";
import { supersedeOperation } from "../operations.ts";
import { removeTenant } from "../tenants.ts";
import { guestKey, splitGuestName } from "./guest-names.ts";
import { pruneLoadBalancers } from "./load-balancers.ts";
import type { Plan } from "./plan.ts";
import { groupKeys, pruneScalingGroups } from "./scaling-groups.ts";
import { pruneSecurityGroups } from "./security-groups.ts";

/**
 * Removes what the document does not name, from the inside out: rules, load balancers, guests, then what nobody uses
 * any more. A guest is stopped first, so what it uses goes with the next application of the document.
 */
export function planPruning(plan: Plan, spec: FleetSpec): void {
  pruneRules(plan, spec);
  pruneLoadBalancers(plan, spec);
  pruneScalingGroups(plan, spec);
  pruneGuests(plan, spec);
  const kept = pruneHosts(plan, spec);
  pruneTopology(plan, spec, kept);
  pruneSecurityGroups(plan, spec);
  pruneCatalogue(plan, spec);
}

function pruneRules(plan: Plan, spec: FleetSpec): void {
  const named = new Set(spec.affinityRules.map((rule) => rule.name));
  for (const { id, name } of plan.ctx.state.tables.AffinityRule.sorted())
    if (!named.has(name))
      plan.delete("AffinityRule", name, (cause) =>
        plan.ctx.emitAsActor("AffinityRuleRemoved", { rule: id }, cause),
      );
}

function pruneGuests(plan: Plan, spec: FleetSpec): void {
  const { ctx } = plan;
  const { tables } = ctx.state;
  const named = guestKeys(spec);
  checkNoNeed(plan, spec, named);
  for (const guest of tables.Guest.sorted()) {
    const key = guestKey(tables.Tenant.get(guest.tenantId).name, guest.name);
    // Members go with their group.
    if (guest.deleting || guest.membership || named.has(key)) continue;
    plan.delete("Guest", guest.name, (cause) => {
      const seq = ctx.emitAsActor("GuestDeleteRequested", { guest: guest.id }, cause);
      supersedeOperation(ctx, guest.id, "the fleet document does not name it", seq);
      ctx.touchedGuests.add(guest.id);
    });
  }
}

function guestKeys(spec: FleetSpec): ReadonlySet<string> {
  return new Set(spec.guests.map(({ tenant, name }) => guestKey(tenant, name)));
}

/** What the document builds on must be in it too. */
function checkNoNeed(plan: Plan, spec: FleetSpec, named: ReadonlySet<string>): void {
  const gone = "is not in the document and would be removed.";
  for (const guest of spec.guests)
    for (const name of guest.dependsOn)
      if (
        !named.has(guestKey(guest.tenant, name)) &&
        !staysAsMember(plan, spec, guest.tenant, name)
      )
        plan.problem([...guest.path, "dependsOn"], `Guest ${guest.name}: guest ${name} ${gone}`);
  for (const rule of spec.affinityRules)
    for (const name of rule.guests) {
      const { tenant, guest } = splitGuestName(name);
      if (!named.has(guestKey(tenant, guest)) && !staysAsMember(plan, spec, tenant, guest))
        plan.problem([...rule.path, "guests"], `Rule ${rule.name}: guest ${name} ${gone}`);
    }
}

/** A member of a group that the document names. */
function staysAsMember({ ctx }: Plan, spec: FleetSpec, tenant: string, name: string): boolean {
  const { names, tables } = ctx.state;
  const tenantId = names.tenant.find(tenant) ?? 0;
  const guest = tables.Guest.find(names.guest.find(name, tenantId) ?? 0);
  const group = tables.ScalingGroup.find(guest?.membership?.groupId ?? 0);
  return group !== undefined && groupKeys(spec).has(guestKey(tenant, group.name));
}

/** Gives the hosts that stay. */
function pruneHosts(plan: Plan, spec: FleetSpec): ReadonlySet<HostId> {
  const { ctx } = plan;
  const { tables, indexes } = ctx.state;
  const named = new Set(
    spec.regions
      .flatMap((region) => region.zones)
      .flatMap((zone) => zone.dataCenters)
      .flatMap((dataCenter) => dataCenter.hosts)
      .map((host) => host.name),
  );
  const kept = new Set<HostId>();
  for (const { id, name } of tables.Host.sorted()) {
    if (named.has(name)) {
      kept.add(id);
      continue;
    }
    checkUnused(plan, spec, name);
    const guests = indexes.guestsOnHost.count(id);
    if (guests > 0) {
      const [are, them] = guests === 1 ? ["1 guest is", "it"] : [`${guests} guests are`, "them"];
      const words = `${are} on it. Migrate or delete ${them} first.`;
      plan.problem([], `Host ${name} cannot be removed: ${words}`);
    }
    plan.delete("Host", name, (cause) => removeHost(ctx, id, cause));
  }
  return kept;
}

function checkUnused(plan: Plan, spec: FleetSpec, host: string): void {
  for (const guest of spec.guests)
    if (guest.host === host)
      plan.problem(
        [...guest.path, "host"],
        `Guest ${guest.name}: host ${host} is not in the document and would be removed.`,
      );
  for (const rule of spec.affinityRules)
    if (rule.hosts.some(({ name }) => name === host))
      plan.problem(
        [...rule.path, "hosts"],
        `Rule ${rule.name}: host ${host} is not in the document and would be removed.`,
      );
}

function removeHost(ctx: Context, id: HostId, cause: number): void {
  const { tables } = ctx.state;
  endFaultsOn(ctx, id, cause);
  supersedeOperation(ctx, id, "the host is removed", cause);
  letGo(ctx, tables.Host.get(id));
  for (const guest of tables.Guest.sorted()) {
    if (guest.homeHostId !== id) continue;
    const { imageId, recovery, workload } = guest;
    const definition = { homeHostId: null, imageId, recovery, workload };
    ctx.emit("GuestChanged", { guest: guest.id, changes: ["host: removed"], definition }, cause);
  }
  ctx.touchedZones.add(tables.Host.get(id).zoneId);
  ctx.emitAsActor("HostRemoved", { host: id }, cause);
}

/** Places that the document does not name and where nothing stands any more. */
function pruneTopology(plan: Plan, spec: FleetSpec, kept: ReadonlySet<HostId>): void {
  const { ctx } = plan;
  const { tables } = ctx.state;
  const hosts = [...kept].map((id) => tables.Host.get(id));
  const racks = new Set(hosts.map((host) => host.rackId));
  for (const id of racksIn(ctx.state, spec)) racks.add(id);
  const zones = spec.regions.flatMap((region) => region.zones);
  const dataCenters = new Set(
    zones.flatMap((zone) => zone.dataCenters.map(({ name }) => `${zone.name}/${name}`)),
  );
  for (const rack of tables.Rack.sorted())
    if (!racks.has(rack.id))
      plan.delete("Rack", rack.name, (cause) => {
        endFaultsOn(ctx, rack.id, cause);
        ctx.emitAsActor("RackRemoved", { rack: rack.id }, cause);
      });
  for (const { id, name, zoneId } of tables.DataCenter.sorted())
    if (!dataCenters.has(`${tables.Zone.get(zoneId).name}/${name}`))
      plan.delete("DataCenter", name, (cause) =>
        ctx.emitAsActor("DataCenterRemoved", { dataCenter: id }, cause),
      );
  const inGroups = new Set([
    ...[...tables.ScalingGroup.values()].flatMap(({ zoneIds }) => zoneIds),
    ...spec.scalingGroups.flatMap(({ zones: listed }) =>
      listed.map((each) => ctx.state.names.zone.find(each)),
    ),
  ]);
  for (const { id, name } of tables.Zone.sorted())
    if (!zones.some((zone) => zone.name === name) && !inGroups.has(id))
      plan.delete("Zone", name, (cause) => {
        endFaultsOn(ctx, id, cause);
        ctx.emitAsActor("ZoneRemoved", { zone: id }, cause);
      });
  for (const { id, name } of tables.Region.sorted())
    if (!spec.regions.some((region) => region.name === name))
      plan.delete("Region", name, (cause) => {
        endFaultsOn(ctx, id, cause);
        ctx.emitAsActor("RegionRemoved", { region: id }, cause);
      });
}

/** Racks that the document puts a host into, of those that there are. */
function racksIn({ names }: State, spec: FleetSpec): RackId[] {
  const places = spec.regions
    .flatMap((region) => region.zones)
    .flatMap(({ name, dataCenters }) =>
      dataCenters.map((dataCenter) => ({ ...dataCenter, zoneId: names.zone.find(name) ?? null })),
    );
  return places.flatMap(({ name, zoneId, hosts }) => {
    const dataCenterId = names.dataCenter.find(name, zoneId) ?? null;
    const ids = hosts.map(({ rack }) => rack && names.rack.find(rack, dataCenterId));
    return ids.filter((id) => typeof id === "number") as RackId[];
  });
}

function flavorNameOf({ flavor, resources }: GuestSpec): string {
  return flavor ?? (resources ? ownFlavorName(resources) : "");
}

function pruneCatalogue(plan: Plan, spec: FleetSpec): void {
  const { ctx } = plan;
  const { tables } = ctx.state;
  const guests = [...tables.Guest.values()];
  const groups = [...tables.ScalingGroup.values()];
  /** What guests of the document are made of, listed in it or not. */
  const wanted = (nameIn: (guest: GuestSpec) => string) =>
    spec.guests.map((guest) => ({ name: nameIn(guest) }));
  const prune = (
    type: string,
    rows: readonly { id: number; name: string }[],
    listed: readonly { name: string }[],
    isUsed: (id: number) => boolean,
    remove: (id: number, cause: number) => void,
  ) => {
    const names = new Set(listed.map(({ name }) => name));
    for (const { id, name } of rows)
      if (!names.has(name) && !isUsed(id)) plan.delete(type, name, (cause) => remove(id, cause));
  };
  prune(
    "Flavor",
    tables.Flavor.sorted(),
    [
      ...spec.flavors,
      ...wanted(flavorNameOf),
      ...spec.scalingGroups.flatMap(({ template }) => template.flavors.map((name) => ({ name }))),
    ],
    (id) =>
      guests.some((guest) => guest.flavorId === id || guest.task?.resize?.flavorId === id) ||
      groups.some(({ template }) => template.flavorIds.some((each) => each === id)),
    (id, cause) => ctx.emitAsActor("FlavorRemoved", { flavor: id as never }, cause),
  );
  prune(
    "Image",
    tables.Image.sorted(),
    [
      ...spec.images,
      ...wanted((guest) => guest.image),
      ...spec.scalingGroups.map(({ template }) => ({ name: template.image })),
    ],
    (id) =>
      guests.some((guest) => guest.imageId === id) ||
      groups.some(({ template }) => template.imageId === id),
    (id, cause) => ctx.emitAsActor("ImageRemoved", { image: id as never }, cause),
  );
  prune(
    "Tenant",
    tables.Tenant.sorted(),
    [
      ...spec.tenants,
      { name: GUEST_DEFAULTS.tenant },
      ...wanted((guest) => guest.tenant),
      ...spec.securityGroups.map(({ tenant }) => ({ name: tenant })),
      ...spec.loadBalancers.map(({ tenant }) => ({ name: tenant })),
      ...[...spec.securityGroups, ...spec.scalingGroups].map(({ tenant }) => ({ name: tenant })),
    ],
    (id) => [...guests, ...groups].some(({ tenantId }) => tenantId === id),
    (id, cause) => removeTenant(ctx, id as TenantId, cause),
  );
}
