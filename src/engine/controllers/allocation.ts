import {
  type Allocation,
  allocationProblem,
  asHeld,
  DEFAULT_ALLOCATION,
  reservedOf,
} from "../../model/allocation.ts";
import type { Command, Outcome } from "../../model/commands.ts";
import type { Guest } from "../../model/entities.ts";
import type { HostId } from "../../model/ids.ts";
import { NO_RESOURCES, type Resources, subtractResources } from "../../model/resources.ts";
import type { Context } from "../context.ts";
import { footprintOf, reservedBy } from "../guest-conditions.ts";
import { invalid, Refusal } from "../refusal.ts";
import { findGuest } from "./find-guest.ts";
import { differences } from "./fleet/plan.ts";

type SetAllocation = Extract<Command, { kind: "SET_GUEST_ALLOCATION" }>;

export function setGuestAllocation(ctx: Context, { guestId, allocation }: SetAllocation): Outcome {
  const guest = findGuest(ctx, guestId);
  checkAllocation(allocation, guest.resources);
  changeAllocation(ctx, guest, asHeld(allocation), null);
  return { kind: "GUEST", guestId, operationId: null };
}

export function checkAllocation(allocation: Allocation, size: Resources): void {
  const problem = allocationProblem(allocation, size);
  if (problem) throw invalid(`${problem.message}.`, ["allocation", problem.field]);
}

/** In force at once, where the guest runs. Refused when its host has promised too much to others. */
export function changeAllocation(
  ctx: Context,
  guest: Guest,
  allocation: Allocation | null,
  causeSeq: number | null,
): void {
  const changes = allocationChanges(guest.allocation, allocation);
  if (changes.length === 0) return;
  for (const hostId of [guest.hostId, guest.targetHostId])
    if (hostId !== null)
      checkUnreserved(ctx, guest, hostId, reservedOf(allocation, footprintOf(guest)));
  const definition = { allocation };
  ctx.emitAsActor("GuestAllocationChanged", { guest: guest.id, changes, definition }, causeSeq);
}

/** Amounts in the units of documents. */
function shown(allocation: Allocation | null) {
  const { cpuReservationMillicores, cpuLimitMillicores, cpuShares, memoryReservationMiB } =
    allocation ?? DEFAULT_ALLOCATION;
  return {
    cpuReservationCores: cpuReservationMillicores / 1000,
    cpuLimitCores: cpuLimitMillicores === null ? null : cpuLimitMillicores / 1000,
    cpuShares,
    memoryReservationMiB,
  };
}

export function allocationChanges(before: Allocation | null, after: Allocation | null): string[] {
  return differences(shown(before), shown(after));
}

/** The host can promise the guest so much, beside what it has promised to others. */
export function checkUnreserved(
  ctx: Context,
  guest: Guest,
  hostId: HostId,
  wanted: Resources,
): void {
  const { tables, indexes } = ctx.state;
  const { name, capacity } = tables.Host.get(hostId);
  const own = reservedBy(guest) ?? NO_RESOURCES;
  const others = subtractResources(indexes.reserved.get(hostId) ?? NO_RESOURCES, own);
  const left = subtractResources(capacity, others);
  const lacks = [
    ["cores", "cpuReservationCores", left.cpuMillicores / 1000, wanted.cpuMillicores / 1000],
    ["MiB of memory", "memoryReservationMiB", left.memoryMiB, wanted.memoryMiB],
  ] as const;
  for (const [unit, field, most, asked] of lacks)
    if (asked > most)
      throw new Refusal(
        "NO_CAPACITY",
        `Host ${name} can promise guest ${guest.name} ${most} ${unit} at most, not ${asked}: others have reserved the rest. Migrate it first.`,
        ["allocation", field],
      );
}
