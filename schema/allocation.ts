import {
  type Allocation as Amounts,
  DEFAULT_ALLOCATION,
  sharesOf,
} from "../src/model/allocation.ts";
import type { Resources as Size } from "../src/model/resources.ts";
import { builder } from "./builder.ts";
import { refuse } from "./command.ts";
import { SharesLevel } from "./enums.ts";
import { Flavor } from "./flavor.ts";
import { Guest } from "./guest.ts";
import { MILLICORES } from "./resources.ts";

interface Given {
  readonly allocation: Amounts;
  readonly size: Size;
}

const Allocation = builder.objectRef<Given>("Allocation").implement({
  description:
    'A guest\'s part of its host where others want it too: reservation, limit and shares as in VMware vSphere ("vSphere Resource Management").',
  fields: (t) => ({
    cpuReservationCores: t.float({
      description: "Guaranteed whenever it asks for it: no host promises more than it has.",
      resolve: ({ allocation }) => allocation.cpuReservationMillicores / MILLICORES,
    }),
    cpuLimitCores: t.float({
      nullable: true,
      description: "What it is given at most; null for all that its size allows.",
      resolve: ({ allocation: { cpuLimitMillicores: limit } }) =>
        limit === null ? null : limit / MILLICORES,
    }),
    cpuShares: t.int({
      description: "Its weight where CPU is short.",
      resolve: ({ allocation, size }) => sharesOf(allocation, size),
    }),
    cpuSharesLevel: t.field({
      type: SharesLevel,
      nullable: true,
      description: "The level that the shares follow from; null where they were given as a number.",
      resolve: ({ allocation: { cpuShares } }) =>
        typeof cpuShares === "number" ? null : cpuShares,
    }),
    memoryReservationMiB: t.int({
      resolve: ({ allocation }) => allocation.memoryReservationMiB,
    }),
  }),
});

const given = (row: Size & { readonly allocation: Amounts | null }): Given => ({
  allocation: row.allocation ?? DEFAULT_ALLOCATION,
  size: row,
});

builder.drizzleObjectField(Guest, "allocation", (t) =>
  t.field({ type: Allocation, resolve: (guest) => given(guest) }),
);
builder.drizzleObjectField(Flavor, "allocation", (t) =>
  t.field({
    type: Allocation,
    description: "What guests of this flavor get that bring none of their own.",
    resolve: (flavor) => given(flavor),
  }),
);

export const AllocationInput = builder.inputType("AllocationInput", {
  description: "All of it: what is left out is as if it had never been said.",
  fields: (t) => ({
    cpuReservationCores: t.float({ defaultValue: 0 }),
    cpuLimitCores: t.float({ description: "All that the guest has when not given." }),
    cpuShares: t.int({ description: "A number for the whole guest, instead of a level." }),
    cpuSharesLevel: t.field({
      type: SharesLevel,
      description: "500, 1000 or 2000 shares for each core; NORMAL when neither is given.",
    }),
    memoryReservationMiB: t.int({ defaultValue: 0 }),
  }),
});

/** Throws `Refused`. */
export function toAllocation(input: typeof AllocationInput.$inferInput): Amounts {
  const { cpuShares, cpuSharesLevel, cpuLimitCores } = input;
  if (cpuShares != null && cpuSharesLevel != null)
    throw refuse(
      "INVALID_INPUT",
      "Give cpuShares or cpuSharesLevel, not both.",
      "allocation",
      "cpuShares",
    );
  return {
    cpuReservationMillicores: Math.round((input.cpuReservationCores ?? 0) * MILLICORES),
    cpuLimitMillicores: cpuLimitCores == null ? null : Math.round(cpuLimitCores * MILLICORES),
    cpuShares: cpuShares ?? cpuSharesLevel ?? DEFAULT_ALLOCATION.cpuShares,
    memoryReservationMiB: input.memoryReservationMiB ?? 0,
  };
}
