import { type Allocation, allocationProblem } from "../../../model/allocation.ts";
import type { ScalingGroup } from "../../../model/entities.ts";
import type { FleetSpec, ScalingGroupSpec } from "../../../model/fleet.ts";
import type { FlavorId, ImageId, TenantId, ZoneId } from "../../../model/ids.ts";
import type { Resources } from "../../../model/resources.ts";
import { followsMetric, type GroupTemplate } from "../../../model/scaling.ts";
import { tooLargeForTargets } from "../load-balancing/target-wishes.ts";
import { changesOf } from "../scaling/changes.ts";
import {
  announce,
  change,
  groupProblem,
  type NewGroup,
  requestDeletion,
} from "../scaling/commands.ts";
import { groupNameProblem } from "../scaling/grow.ts";
import { guestKey } from "./guest-names.ts";
import { groupsFor } from "./guests.ts";
import type { Plan } from "./plan.ts";
import { isKnownGroup, knownGroups } from "./security-groups.ts";

/** Scaling groups come after all that their members are made of. */
export function planScalingGroups(plan: Plan, spec: FleetSpec): void {
  const known = knownNames(plan, spec);
  for (const group of spec.scalingGroups) {
    checkNames(plan, group, known);
    checkNumbers(plan, group);
    checkAllocation(plan, spec, group);
    const old = findGroup(plan, group);
    if (old?.deleting)
      plan.problem(
        group.path,
        `Scaling group ${group.name} is being deleted; apply the document again once it is gone.`,
      );
    // What it is to be can be told only once all that it names is there.
    if (plan.problems.length === 0) planGroup(plan, group, old);
  }
}

function planGroup(plan: Plan, spec: ScalingGroupSpec, old: ScalingGroup | undefined): void {
  const { ctx } = plan;
  if (!old) {
    plan.create("ScalingGroup", spec.name, (cause) => {
      announce(ctx, wanted(plan, spec, null), cause);
    });
    return;
  }
  const tooLarge = tooLargeForTargets(ctx.state, old.id, spec);
  if (tooLarge) plan.problem([...spec.path, "max"], `Scaling group ${spec.name}: ${tooLarge}.`);
  const details = preview(plan, spec, old);
  plan.update("ScalingGroup", spec.name, details, (cause) =>
    change(ctx, ctx.state.tables.ScalingGroup.get(old.id), wanted(plan, spec, old), cause),
  );
}

/** What will differ. A flavor or zone that the document brings along is new to the group in any case. */
function preview(plan: Plan, spec: ScalingGroupSpec, old: ScalingGroup): string[] {
  const { names } = plan.ctx.state;
  const news = [
    ...spec.template.flavors.filter((name) => names.flavor.find(name) === undefined),
    ...spec.zones.filter((name) => names.zone.find(name) === undefined),
    ...(names.image.find(spec.template.image) === undefined ? [spec.template.image] : []),
    ...spec.template.securityGroups.filter(
      (name) => names.securityGroup.find(name, old.tenantId) === undefined,
    ),
  ].map((name) => `with ${name}`);
  return news.length > 0 ? news : changesOf(plan.ctx.state, old, wanted(plan, spec, old));
}

/** With ids for names, as they are by now. */
function wanted(plan: Plan, spec: ScalingGroupSpec, old: ScalingGroup | null): NewGroup {
  const { names } = plan.ctx.state;
  const { path: _path, tenant, zones, ...rest } = spec;
  const tenantId = names.tenant.find(tenant) as TenantId;
  return {
    ...rest,
    tenantId,
    template: templateFor(plan, spec, tenantId),
    desired: desiredOf(spec, old),
    zoneIds: zones.map((name) => names.zone.find(name) as ZoneId),
  };
}

/** What policies have made of it stays; without any, the document rules. */
function desiredOf({ min, max, desired, policies }: ScalingGroupSpec, old: ScalingGroup | null) {
  const isTheirs = policies.some(followsMetric);
  const size = old && (isTheirs || desired === null) ? old.desired : (desired ?? min);
  return Math.max(min, Math.min(max, size));
}

function templateFor(plan: Plan, { template }: ScalingGroupSpec, tenantId: TenantId) {
  const { names } = plan.ctx.state;
  const { flavors, image, securityGroups, ...rest } = template;
  return {
    ...rest,
    flavorIds: flavors.map((name) => names.flavor.find(name) as FlavorId),
    imageId: names.image.find(image) as ImageId,
    securityGroupIds: groupsFor(plan, tenantId, securityGroups),
  } satisfies GroupTemplate;
}

function findGroup(plan: Plan, { tenant, name }: ScalingGroupSpec): ScalingGroup | undefined {
  const { names, tables } = plan.ctx.state;
  const tenantId = names.tenant.find(tenant);
  if (tenantId === undefined) return undefined;
  return tables.ScalingGroup.find(names.scalingGroup.find(name, tenantId) ?? 0);
}

function knownNames(plan: Plan, spec: FleetSpec) {
  const { tables } = plan.ctx.state;
  const together = (listed: readonly { name: string }[], known: Iterable<{ name: string }>) =>
    new Set([...listed, ...known].map(({ name }) => name));
  return {
    tenants: together([...spec.tenants, { name: "default" }], tables.Tenant.values()),
    flavors: together(spec.flavors, tables.Flavor.values()),
    images: together(spec.images, tables.Image.values()),
    zones: together(
      spec.regions.flatMap(({ zones }) => zones),
      tables.Zone.values(),
    ),
    securityGroups: knownGroups(plan, spec),
  };
}

function checkNames(
  plan: Plan,
  group: ScalingGroupSpec,
  known: ReturnType<typeof knownNames>,
): void {
  const { path, name, tenant, template, zones } = group;
  const unknown = (keys: readonly string[], what: string, which: string) =>
    plan.problem([...path, ...keys], `Scaling group ${name}: there is no ${what} ${which}.`);
  if (!known.tenants.has(tenant)) unknown(["tenant"], "tenant", tenant);
  if (!known.images.has(template.image)) unknown(["template", "image"], "image", template.image);
  for (const flavor of template.flavors)
    if (!known.flavors.has(flavor)) unknown(["template", "flavor"], "flavor", flavor);
  for (const [index, zone] of zones.entries())
    if (!known.zones.has(zone)) unknown(["zones", String(index)], "zone", zone);
  for (const [index, each] of template.securityGroups.entries())
    if (!isKnownGroup(known.securityGroups, tenant, each))
      unknown(["template", "securityGroups", String(index)], "security group", each);
}

function checkNumbers(plan: Plan, group: ScalingGroupSpec): void {
  const bad = groupNameProblem(group.name);
  if (bad) plan.problem([...group.path, "name"], `The name, with the number of a member, ${bad}.`);
  const problem = groupProblem({ ...group, desired: group.desired ?? group.min });
  if (problem)
    plan.problem(
      [...group.path, ...problem.path],
      `Scaling group ${group.name}: ${problem.message}.`,
    );
}

function checkAllocation(plan: Plan, spec: FleetSpec, group: ScalingGroupSpec): void {
  const { allocation, flavors } = group.template;
  if (allocation === null) return;
  for (const name of flavors) {
    const problem = problemWith(plan, spec, allocation, name);
    if (!problem) continue;
    const words = `Scaling group ${group.name}: ${problem.message}.`;
    plan.problem([...group.path, "template", "allocation", problem.field], words);
  }
}

function problemWith(plan: Plan, spec: FleetSpec, allocation: Allocation, flavor: string) {
  const { names, tables } = plan.ctx.state;
  const listed = spec.flavors.find(({ name }) => name === flavor)?.resources;
  const size: Resources | undefined =
    listed ?? tables.Flavor.find(names.flavor.find(flavor) ?? 0)?.resources;
  return size ? allocationProblem(allocation, size) : null;
}

/** Groups by `tenant/name`. */
export function groupKeys(spec: FleetSpec): ReadonlySet<string> {
  return new Set(spec.scalingGroups.map(({ tenant, name }) => guestKey(tenant, name)));
}

/** Those that the document does not name go, after their members. */
export function pruneScalingGroups(plan: Plan, spec: FleetSpec): void {
  const { ctx } = plan;
  const { tables } = ctx.state;
  const named = groupKeys(spec);
  for (const { id, name, tenantId, deleting } of tables.ScalingGroup.sorted()) {
    if (deleting || named.has(guestKey(tables.Tenant.get(tenantId).name, name))) continue;
    plan.delete("ScalingGroup", name, (cause) =>
      requestDeletion(ctx, tables.ScalingGroup.get(id), cause),
    );
  }
}
