import { type Allocation, allocationProblem } from "../../../model/allocation.ts";
import type { Guest } from "../../../model/entities.ts";
import type { FleetSpec, GuestSpec, Path } from "../../../model/fleet.ts";
import type {
  FlavorId,
  GuestId,
  HostId,
  ImageId,
  SecurityGroupId,
  Seq,
  TenantId,
} from "../../../model/ids.ts";
import type { Resources } from "../../../model/resources.ts";
import { DEFAULT_GROUP } from "../../../model/security.ts";
import type { DesiredState } from "../../../model/statuses.ts";
import { footprintOf } from "../../guest-conditions.ts";
import { newGuest } from "../../new-guest.ts";
import { Refusal } from "../../refusal.ts";
import { groupIdsOf } from "../../security.ts";
import { allocationChanges, changeAllocation } from "../allocation.ts";
import { defaultGroupOf } from "../default-groups.ts";
import { ownFlavor, ownFlavorName } from "../flavors.ts";
import { resizeTo } from "../guest-commands.ts";
import { supersedeOperation } from "../operations.ts";
import { changeGroups, differencesOf } from "../security-groups.ts";
import { inDependencyOrder } from "./dependency-order.ts";
import { guestKey } from "./guest-names.ts";
import { differences, type Plan } from "./plan.ts";
import { addDemand, checkQuotas, type Demand } from "./quotas.ts";
import { isKnownGroup, knownGroups } from "./security-groups.ts";

export function planGuests(plan: Plan, spec: FleetSpec, prune: boolean): void {
  const known = namesOf(plan, spec);
  const demand: Demand = new Map();
  for (const guest of inDependencyOrder(plan, spec.guests)) {
    checkNames(plan, guest, known);
    checkGroups(plan, guest, known);
    const resources = resourcesOf(plan, spec, guest);
    if (!resources) continue;
    const old = findGuest(plan, guest);
    const stays = old && choiceOf(plan, old, guest, resources).length === 0;
    checkAllocation(plan, guest, resources);
    addDemand(demand, guest.tenant, stays ? footprintOf(old) : resources);
    const allocation = guest.allocation ?? flavorAllocation(plan, spec, guest);
    const wanted = { ...guest, allocation };
    if (old) updateGuest(plan, old, wanted, resources);
    else createGuest(plan, wanted, resources);
  }
  checkQuotas(plan, spec, demand, prune);
}

function namesOf(plan: Plan, spec: FleetSpec) {
  const { tables } = plan.ctx.state;
  const together = (listed: readonly { name: string }[], known: Iterable<{ name: string }>) =>
    new Set([...listed, ...known].map(({ name }) => name));
  const hosts = spec.regions.flatMap((region) =>
    region.zones.flatMap((zone) => zone.dataCenters.flatMap((dataCenter) => dataCenter.hosts)),
  );
  const listedGuests = spec.guests.map(({ tenant, name }) => guestKey(tenant, name));
  const knownGuests = [...tables.Guest.values()]
    .filter((guest) => !guest.deleting)
    .map((guest) => guestKey(tables.Tenant.get(guest.tenantId).name, guest.name));
  return {
    hosts: together(hosts, tables.Host.values()),
    tenants: together([...spec.tenants, { name: "default" }], tables.Tenant.values()),
    flavors: together(spec.flavors, tables.Flavor.values()),
    images: together(spec.images, tables.Image.values()),
    guests: new Set([...listedGuests, ...knownGuests]),
    securityGroups: knownGroups(plan, spec),
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

function checkGroups(plan: Plan, guest: GuestSpec, known: ReturnType<typeof namesOf>): void {
  guest.securityGroups.forEach((name, index) => {
    if (isKnownGroup(known.securityGroups, guest.tenant, name)) return;
    const words = `Guest ${guest.name}: tenant ${guest.tenant} has no security group ${name}.`;
    plan.problem([...guest.path, "securityGroups", String(index)], words);
  });
}

function resourcesOf(plan: Plan, spec: FleetSpec, guest: GuestSpec): Resources | null {
  if (guest.resources) return guest.resources;
  const { names, tables } = plan.ctx.state;
  const listed = spec.flavors.find((flavor) => flavor.name === guest.flavor);
  if (listed) return listed.resources;
  const id = names.flavor.find(guest.flavor ?? "");
  return id === undefined ? null : tables.Flavor.get(id).resources;
}

function checkAllocation(plan: Plan, guest: GuestSpec, resources: Resources): void {
  const problem = guest.allocation && allocationProblem(guest.allocation, resources);
  if (!problem) return;
  const words = `Guest ${guest.name}: ${problem.message}.`;
  plan.problem([...guest.path, "allocation", problem.field], words);
}

/** Other than its size, this reaches guests that have the flavor already: nothing stops for it. */
function flavorAllocation(plan: Plan, spec: FleetSpec, { flavor }: GuestSpec): Allocation | null {
  const { names, tables } = plan.ctx.state;
  const listed = spec.flavors.find(({ name }) => name === flavor);
  if (listed) return listed.allocation;
  return tables.Flavor.find(names.flavor.find(flavor ?? "") ?? 0)?.allocation ?? null;
}

function findGuest(plan: Plan, { tenant, name }: GuestSpec): Guest | undefined {
  const { names, tables } = plan.ctx.state;
  const tenantId = names.tenant.find(tenant);
  const id = tenantId === undefined ? undefined : names.guest.find(name, tenantId);
  return id === undefined ? undefined : tables.Guest.get(id);
}

function idsFor(plan: Plan, spec: GuestSpec) {
  const { names } = plan.ctx.state;
  const tenantId = names.tenant.find(spec.tenant) as TenantId;
  return {
    tenantId,
    imageId: names.image.find(spec.image) as ImageId,
    homeHostId: (spec.host === null ? null : (names.host.find(spec.host) ?? null)) as HostId | null,
    dependsOn: spec.dependsOn.map((name) => names.guest.find(name, tenantId) as GuestId),
    securityGroupIds: groupsFor(plan, tenantId, spec.securityGroups),
  };
}

export function groupsFor(plan: Plan, tenant: TenantId, names: readonly string[]) {
  const { ctx } = plan;
  if (names.length === 1 && names[0] === DEFAULT_GROUP) return null;
  return names.map((name) =>
    name === DEFAULT_GROUP
      ? defaultGroupOf(ctx, tenant, null)
      : (ctx.state.names.securityGroup.find(name, tenant) as SecurityGroupId),
  );
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
    const flavorId = flavorFor(plan, spec, resources, cause);
    const definition = newGuest(ctx, { ...rest, ...idsFor(plan, spec), id, flavorId, resources });
    ctx.emitAsActor("GuestCreated", { guest: id, definition }, cause);
  });
}

function flavorFor(plan: Plan, spec: GuestSpec, resources: Resources, cause: Seq): FlavorId {
  if (spec.flavor === null) return ownFlavor(plan.ctx, resources, cause);
  return plan.ctx.state.names.flavor.find(spec.flavor) as FlavorId;
}

function flavorNameOf(plan: Plan, { flavorId }: Guest): string {
  return plan.ctx.state.tables.Flavor.get(flavorId).name;
}

function groupNamesOf(plan: Plan, guest: Guest): string[] {
  const { state } = plan.ctx;
  return groupIdsOf(state, guest).map((id) => state.tables.SecurityGroup.get(id).name);
}

/** A flavor's own change does not reach into guests that have it: only another choice resizes. */
function choiceOf(plan: Plan, old: Guest, spec: GuestSpec, resources: Resources): string[] {
  const flavor = flavorNameOf(plan, old);
  return differences({ flavor }, { flavor: spec.flavor ?? ownFlavorName(resources) });
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
  const { readyAfterSeconds, preemptible } = spec;
  const wanted = {
    image,
    host,
    priority,
    dependsOn,
    maxRestarts,
    maxRelocations,
    failback,
    readyAfterSeconds,
    preemptible,
    workload,
  };
  const policy = differences(before, wanted);
  const choice = choiceOf(plan, old, spec, resources);
  const resized = choice.length > 0;
  const toOwn = spec.flavor === null && flavorNameOf(plan, old) === ownFlavorName(old.resources);
  // What a flavor of one's own is called says no more than the resources themselves.
  const size = [
    ...(toOwn ? [] : choice),
    ...(resized ? differences(old.resources, resources) : []),
  ];
  const isolation = isolationChanges(plan, old, spec);
  const desired = differences(old, { desired: spec.desired });
  if (old.membership)
    plan.problem(spec.path, `Guest ${old.name} is a member of a scaling group, which sees to it.`);
  if (old.deleting)
    plan.problem(
      spec.path,
      `Guest ${old.name} is being deleted; apply the document again once it is gone.`,
    );
  const rests = old.hostId === null || (old.status === "RUNNING" && old.task === null);
  if (resized && !rests)
    plan.problem(spec.path, `Guest ${old.name} is ${old.status} and cannot be resized now.`);
  plan.update("Guest", spec.name, [...policy, ...isolation, ...size, ...desired], (cause) => {
    const { imageId, homeHostId, dependsOn: needs } = idsFor(plan, spec);
    if (policy.length > 0) {
      const recovery = {
        priority,
        dependsOn: needs,
        maxRestarts,
        maxRelocations,
        failback,
        readyAfterSeconds,
        preemptible,
      };
      const definition = { homeHostId, imageId, recovery, workload };
      ctx.emitAsActor("GuestChanged", { guest: old.id, changes: policy, definition }, cause);
    }
    if (isolation.length > 0) changeIsolation(plan, old, spec, cause);
    if (resized)
      at(spec.path, () =>
        resizeTo(
          ctx,
          tables.Guest.get(old.id),
          resources,
          flavorFor(plan, spec, resources, cause),
          cause,
        ),
      );
    if (desired.length > 0) {
      const seq = ctx.emitAsActor(requestFor(spec.desired, old), { guest: old.id }, cause);
      supersedeOperation(ctx, old.id, `the fleet document asks for ${spec.desired}`, seq);
    }
    ctx.touchedGuests.add(old.id);
  });
}

function isolationChanges(plan: Plan, old: Guest, spec: GuestSpec): string[] {
  const groups = differencesOf(groupNamesOf(plan, old), spec.securityGroups);
  return [
    ...groups.map((each) => `securityGroups: ${each}`),
    ...allocationChanges(old.allocation, spec.allocation),
  ];
}

function changeIsolation(plan: Plan, { id }: Guest, spec: GuestSpec, cause: Seq): void {
  const { ctx } = plan;
  const guest = ctx.state.tables.Guest.get(id);
  changeGroups(ctx, guest, idsFor(plan, spec).securityGroupIds, cause);
  at([...spec.path, "allocation"], () => changeAllocation(ctx, guest, spec.allocation, cause));
}

/** What is refused on the way is a mistake of the document at this place. */
function at(path: Path, run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message } = error.rejection;
    throw new Refusal(code, message, ["document"], [{ path, message }]);
  }
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
