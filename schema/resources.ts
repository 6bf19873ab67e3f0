import type { Resources as Amounts } from "../src/model/resources.ts";
import { builder } from "./builder.ts";
import type { CapacityTotals, UsageSample } from "./capacity-queries.ts";

/** CPU is thousandths of a core inside, and cores outside. */
export const MILLICORES = 1000;
/** GraphQL's Int ends here: a sum beyond (2 PiB of memory) is shown as this rather than as an error. */
export const INT_MAX = 2_147_483_647;

export const Resources = builder.objectRef<Amounts>("Resources").implement({
  description: "What a host has or a guest takes.",
  fields: (t) => ({
    cpuCores: t.float({ resolve: (amounts) => amounts.cpuMillicores / MILLICORES }),
    memoryMiB: t.int({ resolve: (amounts) => Math.min(amounts.memoryMiB, INT_MAX) }),
    storageGiB: t.int({ resolve: (amounts) => Math.min(amounts.storageGiB, INT_MAX) }),
  }),
});

export const ResourcesInput = builder.inputType("ResourcesInput", {
  fields: (t) => ({
    cpuCores: t.float({ required: true }),
    memoryMiB: t.int({ required: true }),
    storageGiB: t.int({ required: true }),
  }),
});

export function toAmounts(input: typeof ResourcesInput.$inferInput): Amounts {
  return {
    cpuMillicores: Math.round(input.cpuCores * MILLICORES),
    memoryMiB: input.memoryMiB,
    storageGiB: input.storageGiB,
  };
}

export const Usage = builder.objectRef<UsageSample>("Usage").implement({
  description: "The newest sample of what is really used.",
  fields: (t) => ({
    cpuCores: t.float({
      description: "What was granted of the CPU that was asked for.",
      resolve: (sample) => sample.cpuMillicores / MILLICORES,
    }),
    cpuDemandCores: t.float({
      description: "What was asked for.",
      resolve: (sample) => sample.cpuDemandMillicores / MILLICORES,
    }),
    cpuGrantedCores: t.float({
      description: "The same as cpuCores.",
      resolve: (sample) => sample.cpuMillicores / MILLICORES,
    }),
    cpuStolenCores: t.float({
      description:
        "What was asked for within the limit and given to neighbours instead. What the limit forbids is not stolen.",
      resolve: (sample) => sample.cpuStolenMillicores / MILLICORES,
    }),
    memoryMiB: t.exposeInt("memoryMiB"),
    sampledAt: t.field({ type: "DateTime", resolve: (sample) => sample.sampledAtMs }),
  }),
});

export const Capacity = builder.objectRef<CapacityTotals>("Capacity").implement({
  fields: (t) => ({
    total: t.expose("total", { type: Resources, description: "What all hosts have, up or not." }),
    allocated: t.expose("allocated", { type: Resources, description: "What guests take of it." }),
    free: t.expose("free", {
      type: Resources,
      description:
        "What guests can still be given now: the unallocated part of the hosts that are UP.",
    }),
    hostsUp: t.exposeInt("hostsUp"),
    hostsTotal: t.exposeInt("hostsTotal"),
    guestsRunning: t.exposeInt("guestsRunning"),
    consolidationRatio: t.float({
      description: "Running guests for each host that is up.",
      resolve: ({ guestsRunning, hostsUp }) => (hostsUp === 0 ? 0 : guestsRunning / hostsUp),
    }),
  }),
});
