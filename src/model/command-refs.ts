import type { Command } from "./commands.ts";
import type { EntityType, IdTypes, Ref } from "./ids.ts";

type AnyId = IdTypes[EntityType];
type FieldOf<C> = C extends C ? Exclude<keyof C, "kind"> : never;
type ValueOf<C, K extends PropertyKey> = C extends { readonly [F in K]: infer V } ? V : never;
/** Fields of commands that hold ids. */
type IdField = {
  [K in FieldOf<Command>]: NonNullable<ValueOf<Command, K>> extends AnyId | readonly AnyId[]
    ? K
    : never;
}[FieldOf<Command>];

/** What the ids in a command are of. Every such field has its entry, or this does not compile. */
const TYPES = {
  guestId: "Guest",
  dependsOn: "Guest",
  hostId: "Host",
  homeHostId: "Host",
  tenantId: "Tenant",
  flavorId: "Flavor",
  imageId: "Image",
  apiTokenId: "ApiToken",
  securityGroupId: "SecurityGroup",
  recommendationId: "Recommendation",
  loadBalancerId: "LoadBalancer",
  guestIds: "Guest",
  scalingGroupId: "ScalingGroup",
  scalingGroupIds: "ScalingGroup",
  zoneIds: "Zone",
} as const satisfies Record<IdField, EntityType>;

/** A thing that a command names, and the field of the input that names it. */
export interface NamedRef {
  readonly field: string;
  readonly ref: Ref;
}

export function refsOf(command: Command): NamedRef[] {
  const named = Object.entries(TYPES).flatMap(([field, type]) => {
    const value = (command as unknown as Record<string, number | readonly number[] | null>)[field];
    const ids = Array.isArray(value) ? value : [value ?? null];
    const named = field === "homeHostId" ? "hostId" : field;
    return ids
      .filter((id) => id !== null)
      .map((id) => ({ field: named, ref: { type, id } as unknown as Ref }));
  });
  return "target" in command ? [...named, { field: "targetId", ref: command.target }] : named;
}
