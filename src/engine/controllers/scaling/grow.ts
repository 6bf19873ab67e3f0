import type { Flavor, ScalingGroup } from "../../../model/entities.ts";
import type { GuestId, HostId, ScalingGroupId, Seq } from "../../../model/ids.ts";
import { nameProblem } from "../../../model/limits.ts";
import type { Context } from "../../context.ts";
import { newGuest } from "../../new-guest.ts";
import { findPlace } from "../../placement/place.ts";
import { subjectFor } from "../../placement/subject.ts";
import type { State } from "../../state.ts";
import { quotaObjection } from "../quota.ts";
import type { Block } from "./holds.ts";
import { isKept, lacksRoom, type Member, membersOf, whyFailed } from "./members.ts";

/** Creates the members that are missing; what keeps it from some of them, null when nothing. */
export function grow(ctx: Context, id: ScalingGroupId): Block | null {
  const { desired, max } = ctx.state.tables.ScalingGroup.get(id);
  const members = membersOf(ctx.state, id);
  const kept = members.filter((member) => isKept(ctx.state, member));
  const missing = desired + kept.length - members.length;
  const allowed = Math.max(0, Math.min(missing, max - members.length));
  const block = createMembers(
    ctx,
    id,
    Array.from({ length: allowed }, () => null),
  );
  return block ?? (missing > allowed ? keptAtMax(kept, max) : null);
}

function keptAtMax([first]: readonly Member[], max: number): Block {
  const message = `${first?.name} is of no use (${first && whyFailed(first)}) and stays because others depend on it, and max is ${max}`;
  return { reason: { code: "AT_MAX", message } };
}

/** One for each of those that they replace; null is nobody. */
export function createMembers(
  ctx: Context,
  id: ScalingGroupId,
  replaced: readonly (Seq | null)[],
): Block | null {
  const standing: GuestId[] = [];
  try {
    for (const causeSeq of replaced) {
      const block = createMember(ctx, id, causeSeq, standing);
      if (block) return block;
    }
    return null;
  } finally {
    for (const each of standing) ctx.state.tables.Guest.patch(each, { hostId: null });
  }
}

/** Members that nobody has a place for; null when all have one, or will by themselves. */
export function lackOfRoom(state: State, id: ScalingGroupId): Block | null {
  const members = membersOf(state, id);
  const waiting = members.filter(lacksRoom);
  if (waiting.length === 0) return null;
  const names = waiting.slice(0, 3).map(({ name }) => name);
  const more = waiting.length > names.length ? ", …" : "";
  const message = `there is no capacity for ${waiting.length} of its ${members.length} members (${names.join(", ")}${more})`;
  return { reason: { code: "NO_CAPACITY", message } };
}

/**
 * One more, unless the tenant may not have it. Where it matters for the flavor of the next one, it stands
 * where it could start until all are made.
 */
function createMember(
  ctx: Context,
  groupId: ScalingGroupId,
  causeSeq: Seq | null,
  standing: GuestId[],
): Block | null {
  const { tables } = ctx.state;
  const group = tables.ScalingGroup.get(groupId);
  const { tenantId } = group;
  const { flavor, hostId } = chooseFlavor(ctx, group);
  const objection = quotaObjection(ctx.state, tables.Tenant.get(tenantId), flavor.resources, 1);
  if (objection) return { reason: { code: "OVER_QUOTA", message: objection } };
  const number = freeNumber(ctx.state, group);
  const id = ctx.newId<GuestId>();
  const isReplacement = causeSeq !== null;
  const definition = unborn(ctx, group, flavor, { id, number, isReplacement });
  ctx.emit("GuestCreated", { guest: id, definition }, causeSeq);
  ctx.toPlace.guests.add(id);
  if (hostId !== null) {
    tables.Guest.patch(id, { hostId });
    standing.push(id);
  }
  return null;
}

function unborn(
  ctx: Context,
  group: ScalingGroup,
  flavor: Flavor,
  own: { readonly id: GuestId; readonly number: number; readonly isReplacement: boolean },
) {
  const { template } = group;
  const { id, number, isReplacement } = own;
  return newGuest(ctx, {
    ...template,
    id,
    name: memberName(group.name, number),
    tenantId: group.tenantId,
    flavorId: flavor.id,
    resources: flavor.resources,
    allocation: template.allocation ?? flavor.allocation,
    desired: "RUNNING",
    homeHostId: null,
    workload: null,
    dependsOn: [],
    // Where it is at home is where its zone has few.
    failback: false,
    membership: {
      groupId: group.id,
      number,
      templateRevision: group.templateRevision,
      isProtected: false,
      isReplacement,
      launchedAtMs: null,
      runsSinceMs: null,
      illness: null,
      lifecycle: null,
    },
  });
}

/** The first flavor that there is room for; the preferred one when there is for none. */
function chooseFlavor(
  ctx: Context,
  group: ScalingGroup,
): { readonly flavor: Flavor; readonly hostId: HostId | null } {
  const { Flavor } = ctx.state.tables;
  const flavors = group.template.flavorIds.map((id) => Flavor.get(id));
  const [preferred, ...others] = flavors as [Flavor, ...Flavor[]];
  if (others.length === 0) return { flavor: preferred, hostId: null };
  const nobody = { id: ctx.state.meta.nextId as GuestId, number: 0, isReplacement: false };
  for (const flavor of flavors) {
    const subject = subjectFor(ctx.state, unborn(ctx, group, flavor, nobody));
    const placement = findPlace(ctx.state, { ...subject, isHasty: true }, ctx.nowMs);
    if (placement) return { flavor, hostId: placement.hostId };
  }
  return { flavor: preferred, hostId: null };
}

export function memberName(group: string, number: number): string {
  return `${group}-${number}`;
}

/** The highest number must fit too. */
export function groupNameProblem(name: string): string | null {
  return nameProblem(name) ?? nameProblem(memberName(name, Number.MAX_SAFE_INTEGER));
}

/** Somebody else's guest may have the name. */
function freeNumber({ names }: State, { name, tenantId, nextNumber }: ScalingGroup): number {
  let number = nextNumber;
  while (names.guest.find(memberName(name, number), tenantId) !== undefined) number++;
  return number;
}
