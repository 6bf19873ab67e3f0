import type { FlavorId, Seq } from "../../model/ids.ts";
import type { Resources } from "../../model/resources.ts";
import type { Context } from "../context.ts";

/** Every guest has a flavor. Resources that were given one by one are one of their own, named by them. */
export function ownFlavorName({ cpuMillicores, memoryMiB, storageGiB }: Resources): string {
  return `own-${cpuMillicores / 1000}c-${memoryMiB}m-${storageGiB}g`;
}

/** The flavor of guests with exactly these resources, created when the first of them needs it. */
export function ownFlavor(ctx: Context, resources: Resources, causeSeq: Seq | null): FlavorId {
  const name = ownFlavorName(resources);
  const known = ctx.state.names.flavor.find(name);
  if (known !== undefined) return known as FlavorId;
  const flavor = ctx.newId<FlavorId>();
  ctx.emitAsActor(
    "FlavorCreated",
    { flavor, definition: { id: flavor, name, resources, allocation: null } },
    causeSeq,
  );
  return flavor;
}
