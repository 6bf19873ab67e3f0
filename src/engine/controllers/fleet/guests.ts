import type { Guest, Quota } from "../../../model/entities.ts";
import type { FleetSpec, GuestSpec } from "../../../model/fleet.ts";
import type { FlavorId, GuestId, HostId, ImageId, TenantId } from "../../../model/ids.ts";
import {
  addResources,
  NO_RESOURCES,
  type Resources,
  sameResources,
  subtractResources,
} from "../../../model/resources.ts";
import type { DesiredState } from "../../../model/statuses.ts";
import { newGuest, resizeTo } from "../guestCommands.ts";
import { guestKey } from "./guestNames.ts";
import { differences, type Plan } from "./plan.ts";

export function planGuests(plan: Plan, spec: FleetSpec): void {
  const known = namesOf(plan, spec);
  const demand = new Map<string, { resources: Resources; guests: number }>();
  for (const guest of inDependencyOrder(plan, spec.guests)) {
    checkNames(plan, guest, known);
    const resources = resourcesOf(plan, spec, guest);
    if (!resources) continue;
    const old = findGuest(plan, guest);
    addDemand(demand, guest.tenant, old, resources);
    if (old) updateGuest(plan, old, guest, resources);
    else createGuest(plan, guest, resources);
  }
  checkQuotas(plan, spec, demand);
}

function namesOf(plan: Plan, spec: FleetSpec) {
  const { tables } = plan.ctx.state;
  const together = (listed: readonly { name: string }[], known: Iterable<{ name: string }>) =>
    new Set([...listed, ...known].map(({ name }) => name));
  const hosts = spec.regions.flatMap((region) =>
    region.zones.flatMap((zone) => zone.dataCenters.flatMap((dataCenter) => dataCenter.hosts)),
  );
  const listedGuests = spec.guests.map(({ tenant, name }) => guestKey(tenant, name));
  const knownGuests = [...tables.Guest.values()].map((guest) =>
    guestKey(tables.Tenant.get(guest.tenantId).name, guest.name),
  );
  return {
    hosts: together(hosts, tables.Host.values()),
    tenants: together([...spec.tenants, { name: "default" }], tables.Tenant.values()),
    flavors: together(spec.flavors, tables.Flavor.values()),
    images: together(spec.images, tables.Image.values()),
    guests: new Set([...listedGuests, ...knownGuests]),
  };
}

function checkNames(plan: Plan, guest: GuestSpec, known: ReturnType<typeof namesOf>): void {
  const unknown = (key: string, what: string, name: string) =>
    plan.problem([...guest.path, key], `Guest ${guest.name}: there is no ${what} ${name}.`);
  if (!known.tenants.has(guest.tenant)) unknown("tenant", "tenant", guest.tenant);
  if (!known.images.has(guest.image)) unknown("image", "image", guest.image);
  if (guest.flavor !== null && !known.flavors.has(guest.flavor))
    unknown("flavor", "flavor", guest.flavor);
  if (guest.host !== null && !known.hosts.has(guest.host)) unknown("host", "host", guest.host);
  for (const other of guest.dependsOn)
    if (!known.guests.has(guestKey(guest.tenant, other))) unknown("dependsOn", "guest", other);
}

function resourcesOf(plan: Plan, spec: FleetSpec, guest: GuestSpec): Resources | null {
  if (guest.resources) return guest.resources;
  const { names, tables } = plan.ctx.state;
  const listed = spec.flavors.find((flavor) => flavor.name === guest.flavor);
  if (listed) return listed.resources;
  const id = names.flavor.find(guest.flavor ?? "");
  return id === undefined ? null : tables.Flavor.get(id).resources;
}

function findGuest(plan: Plan, { tenant, name }: GuestSpec): Guest | undefined {
  const { names, tables } = plan.ctx.state;
  const tenantId = names.tenant.find(tenant);
  const id = tenantId === undefined ? undefined : names.guest.find(name, tenantId);
  return id === undefined ? undefined : tables.Guest.get(id);
}

/** Dependencies before those who depend on them, so that each finds its ids; a cycle is a problem. */
function inDependencyOrder(plan: Plan, guests: readonly GuestSpec[]): GuestSpec[] {
  const byKey = new Map(guests.map((guest) => [guestKey(guest.tenant, guest.name), guest]));
  const ordered: GuestSpec[] = [];
  const visited = new Map<GuestSpec, "OPEN" | "DONE">();
  const visit = (guest: GuestSpec, trail: readonly string[]): void => {
    if (visited.get(guest) === "DONE") return;
    const here = [...trail, guest.name];
    if (visited.get(guest) === "OPEN") {
      const cycle = here.slice(here.indexOf(guest.name)).join(" → ");
      plan.problem(
        [...guest.path, "dependsOn"],
        `Guests depend on each other in a circle: ${cycle}.`,
      );
      return;
    }
    visited.set(guest, "OPEN");
    for (const name of guest.dependsOn) {
      const other = byKey.get(guestKey(guest.tenant, name));
      if (other) visit(other, here);
    }
    visited.set(guest, "DONE");
    ordered.push(guest);
  };
  for (const guest of guests) visit(guest, []);
  return ordered;
}

function idsFor(plan: Plan, spec: GuestSpec) {
  const { names } = plan.ctx.state;
  const tenantId = names.tenant.find(spec.tenant) as TenantId;
  return {
    tenantId,
    flavorId: (spec.flavor === null
      ? null
      : (names.flavor.find(spec.flavor) ?? null)) as FlavorId | null,
    imageId: names.image.find(spec.image) as ImageId,
    homeHostId: (spec.host === null ? null : (names.host.find(spec.host) ?? null)) as HostId | null,
    dependsOn: spec.dependsOn.map((name) => names.guest.find(name, tenantId) as GuestId),
  };
}

function createGuest(plan: Plan, spec: GuestSpec, resources: Resources): void {
  const { ctx } = plan;
  plan.create("Guest", spec.name, (cause) => {
    const id = ctx.newId<GuestId>();
    const {
      path: _path,
      tenant: _tenant,
      flavor: _flavor,
      image: _image,
      host: _host,
      ...rest
    } = spec;
    const definition = newGuest(ctx, { ...rest, ...idsFor(plan, spec), id, resources });
    ctx.emitAsActor("GuestCreated", { guest: id, definition }, cause);
  });
}

function updateGuest(plan: Plan, old: Guest, spec: GuestSpec, resources: Resources): void {
  const { ctx } = plan;
  const { tables } = ctx.state;
  const nameOfHost = (id: HostId | null) => (id === null ? null : tables.Host.get(id).name);
  const before = {
    image: tables.Image.get(old.imageId).name,
    host: nameOfHost(old.homeHostId),
    ...old.recovery,
    dependsOn: old.recovery.dependsOn.map(
      (id) => tables.Guest.find(id)?.name ?? `#${id}`,
    ) as readonly string[],
    workload: old.workload,
  };
  const { image, host, priority, dependsOn, maxRestarts, maxRelocations, failback, workload } =
    spec;
  const wanted = {
    image,
    host,
    priority,
    dependsOn,
    maxRestarts,
    maxRelocations,
    failback,
    workload,
  };
  const policy = differences(before, wanted);
  const flavor = old.flavorId === null ? null : tables.Flavor.get(old.flavorId).name;
  // A flavor's own change does not reach into guests that have it: only another choice resizes.
  const resized =
    flavor !== spec.flavor || (flavor === null && !sameResources(old.resources, resources));
  const size = resized ? differences(old.resources, resources) : [];
  if (resized && flavor !== spec.flavor)
    size.unshift(...differences({ flavor }, { flavor: spec.flavor }));
  const desired = differences(old, { desired: spec.desired });
  if (resized && old.task !== null)
    plan.problem(spec.path, `Guest ${old.name} is ${old.status} and cannot be resized now.`);
  plan.update("Guest", spec.name, [...policy, ...size, ...desired], (cause) => {
    const { imageId, homeHostId, dependsOn: needs } = idsFor(plan, spec);
    if (policy.length > 0) {
      const recovery = { priority, dependsOn: needs, maxRestarts, maxRelocations, failback };
      const definition = { homeHostId, imageId, recovery, workload };
      ctx.emitAsActor("GuestChanged", { guest: old.id, changes: policy, definition }, cause);
    }
    if (resized)
      resizeTo(ctx, tables.Guest.get(old.id), resources, idsFor(plan, spec).flavorId, cause);
    if (desired.length > 0)
      ctx.emitAsActor(requestFor(spec.desired, old), { guest: old.id }, cause);
    ctx.touchedGuests.add(old.id);
  });
}

/** The request that leads to the desired state. */
function requestFor(
  desired: DesiredState,
  old: Guest,
): "GuestStartRequested" | "GuestStopRequested" | "GuestSuspendRequested" | "GuestResumeRequested" {
  if (desired === "STOPPED") return "GuestStopRequested";
  if (desired === "SUSPENDED") return "GuestSuspendRequested";
  return old.desired === "SUSPENDED" ? "GuestResumeRequested" : "GuestStartRequested";
}

function addDemand(
  demand: Map<string, { resources: Resources; guests: number }>,
  tenant: string,
  old: Guest | undefined,
  resources: Resources,
): void {
  const sum = demand.get(tenant) ?? { resources: NO_RESOURCES, guests: 0 };
  const more = old ? subtractResources(resources, old.resources) : resources;
  demand.set(tenant, {
    resources: addResources(sum.resources, more),
    guests: sum.guests + (old ? 0 : 1),
  });
}

/** The whole document against each quota, as the document itself may have changed it. */
function checkQuotas(
  plan: Plan,
  spec: FleetSpec,
  demand: ReadonlyMap<string, { resources: Resources; guests: number }>,
): void {
  const { names, tables, indexes } = plan.ctx.state;
  for (const [name, more] of demand) {
    const id = names.tenant.find(name);
    const listed = spec.tenants.find((tenant) => tenant.name === name);
    const quota = listed?.quota ?? (id === undefined ? null : tables.Tenant.get(id).quota);
    if (!quota) continue;
    const had = { ...indexes.used(id ?? 0), guests: indexes.guestsOfTenant.count(id ?? 0) };
    const total = { ...addResources(had, more.resources), guests: had.guests + more.guests };
    for (const line of overruns(quota, total))
      plan.problem(listed?.path ?? ["guests"], `Tenant ${name} ${line} with this document.`);
  }
}

function overruns(quota: Quota, total: Resources & { guests: number }): string[] {
  return (Object.keys(quota) as (keyof Quota)[]).flatMap((key) => {
    const limit = quota[key];
    if (limit === null || total[key] <= limit) return [];
    return [`may have ${limit} ${key} and would have ${total[key]}`];
  });
}
