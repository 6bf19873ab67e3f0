import type { TenantId } from "./ids.ts";
import type { AnyDriverName } from "./statuses.ts";

/**
 * Who made something happen: a principal's name is what authentication says it is, and unique only
 * within its tenant, or among those of the whole fleet. Null: it is not told.
 */
export type Actor =
  | { readonly kind: "ENGINE" }
  | { readonly kind: "DRIVER"; readonly name: AnyDriverName }
  | {
      readonly kind: "PRINCIPAL";
      readonly name: string | null;
      /** The tenant that it is of; none for the whole fleet. */
      readonly tenantId?: TenantId;
    };

export const ENGINE: Actor = { kind: "ENGINE" };

/** The log's one-column form: `ENGINE`, `DRIVER:simulated`, `PRINCIPAL:alice`, `PRINCIPAL@7:alice`. */
export function formatActor(actor: Actor): string {
  if (actor.kind === "ENGINE") return "ENGINE";
  const of = actor.kind === "PRINCIPAL" && actor.tenantId ? `@${actor.tenantId}` : "";
  return `${actor.kind}${of}:${actor.name}`;
}

export function parseActor(text: string): Actor {
  const [, kind, tenant, name = ""] = /^([A-Z]+)(?:@(\d+))?:(.*)$/s.exec(text) ?? [];
  if (kind === undefined) return ENGINE;
  if (kind === "DRIVER") return { kind, name: name as AnyDriverName };
  return tenant === undefined
    ? { kind: "PRINCIPAL", name }
    : { kind: "PRINCIPAL", name, tenantId: Number(tenant) as TenantId };
}
