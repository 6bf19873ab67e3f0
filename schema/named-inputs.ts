import { eq } from "drizzle-orm";
import { GUEST_DEFAULTS } from "../src/model/fleet.ts";
import type { IdTypes, TenantId } from "../src/model/ids.ts";
import { flavors, hosts, images, tenants, zones } from "../src/store/tables.ts";
import { inputId, Refused, refuse } from "./command.ts";
import type { ApiContext } from "./context.ts";

/** What an input may name by id or by name, as a fleet document does. */
const NAMED = {
  Tenant: tenants,
  Flavor: flavors,
  Image: images,
  Host: hosts,
  Zone: zones,
} as const;
type NamedType = keyof typeof NAMED;

/** Throws `Refused` when there is none. */
export function idByName<T extends NamedType>(
  type: T,
  name: string,
  field: string,
  { db }: ApiContext,
): IdTypes[T] {
  const table = NAMED[type] as typeof hosts;
  const row = db.select({ id: table.id }).from(table).where(eq(table.name, name)).get();
  if (!row) throw refuse("NOT_FOUND", `There is no ${type.toLowerCase()} '${name}'.`, field);
  return row.id as number as IdTypes[T];
}

/** From `<field>Id` or `<field>`; null when neither is given. Throws `Refused` for both. */
export function oneOf<T extends NamedType>(
  type: T,
  id: string | null | undefined,
  name: string | null | undefined,
  field: string,
  context: ApiContext,
): IdTypes[T] | null {
  if (id != null && name != null)
    throw refuse("INVALID_INPUT", `Give ${field}Id or ${field}, not both.`, field);
  if (id != null) {
    const key = inputId(type, id, `${field}Id`);
    if (!sees(context, type, key))
      throw refuse("NOT_FOUND", `There is no such ${type.toLowerCase()}.`, `${field}Id`);
    return key;
  }
  return name == null ? null : idByName(type, name, field, context);
}

/** What is refused of a part of the input is said to be there. */
export function within<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { rejection } = error;
    throw new Refused({ ...rejection, path: [field, ...rejection.path] });
  }
}

/** Whose something is to be: the tenant that is named, else the principal's own, else the fleet's default one. */
export function ownerId(
  input: {
    readonly tenantId?: string | null | undefined;
    readonly tenant?: string | null | undefined;
  },
  context: ApiContext,
): TenantId {
  return (
    oneOf("Tenant", input.tenantId, input.tenant, "tenant", context) ??
    context.principal.tenantId ??
    idByName("Tenant", GUEST_DEFAULTS.tenant, "tenant", context)
  );
}

/** What is said of an input's `tenant`. */
export const OWNER = `The tenant's name; by default the principal's own, or "${GUEST_DEFAULTS.tenant}".`;

/** What has this name in the tenant that is named: a principal of a tenant that names none means its own. */
export function ownNamed(
  name: string,
  tenant: string | null | undefined,
  { principal }: ApiContext,
): { name: string; tenant?: { name: string } } {
  const owner = tenant ?? GUEST_DEFAULTS.tenant;
  const isOwn = principal.tenantId !== null && owner === GUEST_DEFAULTS.tenant;
  return isOwn ? { name } : { name, tenant: { name: owner } };
}

/** What others have is not there; whether the rest is, the engine says, which knows of repeated keys. */
function sees({ runtime: { sight, queries } }: ApiContext, type: NamedType, key: number): boolean {
  return sight.tenantId === null || queries.reader.glance(type, key) !== null;
}

export function needed<T>(value: T | null, field: string): T {
  if (value === null) throw refuse("INVALID_INPUT", `Give ${field}Id or ${field}.`, field);
  return value;
}
