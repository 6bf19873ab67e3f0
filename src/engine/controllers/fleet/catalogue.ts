import { allocationProblem } from "../../../model/allocation.ts";
import type { Quota } from "../../../model/entities.ts";
import type { FleetSpec } from "../../../model/fleet.ts";
import { GUEST_DEFAULTS } from "../../../model/fleet.ts";
import type { FlavorId, ImageId, TenantId } from "../../../model/ids.ts";
import { allocationChanges } from "../allocation.ts";
import { differences, type Plan } from "./plan.ts";

const UNBOUNDED: Quota = { cpuMillicores: null, memoryMiB: null, storageGiB: null, guests: null };

/** Tenants, flavors and images: what guests are made of. */
export function planCatalogue(plan: Plan, spec: FleetSpec): void {
  planTenants(plan, spec);
  planFlavors(plan, spec);
  planImages(plan, spec);
}

function planTenants(plan: Plan, spec: FleetSpec): void {
  const { ctx } = plan;
  const { names, tables } = ctx.state;
  const listed = spec.tenants.some((tenant) => tenant.name === GUEST_DEFAULTS.tenant);
  const implied = !listed && names.tenant.find(GUEST_DEFAULTS.tenant) === undefined;
  const defaults = implied ? [{ name: GUEST_DEFAULTS.tenant, quota: UNBOUNDED }] : [];
  for (const { name, quota } of [...defaults, ...spec.tenants]) {
    const id = names.tenant.find(name);
    if (id === undefined) {
      plan.create("Tenant", name, (cause) => {
        const tenant = ctx.newId<TenantId>();
        ctx.emitAsActor(
          "TenantCreated",
          { tenant, definition: { id: tenant, name, quota } },
          cause,
        );
      });
      continue;
    }
    const old = tables.Tenant.get(id);
    const changes = differences(old.quota, quota);
    plan.update("Tenant", name, changes, (cause) =>
      ctx.emitAsActor("TenantQuotaChanged", { tenant: old.id, changes, quota }, cause),
    );
  }
}

function planFlavors(plan: Plan, spec: FleetSpec): void {
  const { ctx } = plan;
  const { names, tables } = ctx.state;
  for (const { name, resources, allocation, path } of spec.flavors) {
    const problem = allocation && allocationProblem(allocation, resources);
    if (problem)
      plan.problem([...path, "allocation", problem.field], `Flavor ${name}: ${problem.message}.`);
    const id = names.flavor.find(name);
    if (id === undefined) {
      plan.create("Flavor", name, (cause) => {
        const flavor = ctx.newId<FlavorId>();
        ctx.emitAsActor(
          "FlavorCreated",
          { flavor, definition: { id: flavor, name, resources, allocation } },
          cause,
        );
      });
      continue;
    }
    const old = tables.Flavor.get(id);
    const changes = [
      ...differences(old.resources, resources),
      ...allocationChanges(old.allocation, allocation),
    ];
    plan.update("Flavor", name, changes, (cause) => {
      const payload = { flavor: old.id, changes, resources, allocation };
      ctx.emitAsActor("FlavorChanged", payload, cause);
    });
  }
}

function planImages(plan: Plan, spec: FleetSpec): void {
  const { ctx } = plan;
  const { names, tables } = ctx.state;
  for (const { name, bootSeconds } of spec.images) {
    const id = names.image.find(name);
    if (id === undefined) {
      plan.create("Image", name, (cause) => {
        const image = ctx.newId<ImageId>();
        ctx.emitAsActor(
          "ImageCreated",
          { image, definition: { id: image, name, bootSeconds } },
          cause,
        );
      });
      continue;
    }
    const old = tables.Image.get(id);
    const changes = differences(old, { bootSeconds });
    plan.update("Image", name, changes, (cause) =>
      ctx.emitAsActor(
        "ImageChanged",
        { image: old.id, changes, definition: { ...old, bootSeconds } },
        cause,
      ),
    );
  }
}
