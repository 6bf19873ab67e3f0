import { isUnheard } from "../../src/engine/host-conditions.ts";
import type { State } from "../../src/engine/state.ts";
import { parseFleetDocument } from "../../src/fleet/parse.ts";
import type { Command } from "../../src/model/commands.ts";
import type { ScalingGroup } from "../../src/model/entities.ts";
import type {
  GuestId,
  HostId,
  RecommendationId,
  Ref,
  SecurityGroupId,
  TenantId,
} from "../../src/model/ids.ts";
import type { SecurityRuleWish } from "../../src/model/security.ts";
import { type FaultKind, SHARES_LEVELS } from "../../src/model/statuses.ts";
import { balancerCommand } from "../engine/random-load-balancers.ts";
import { chanceOf } from "./chance.ts";
import { type Document, randomRules } from "./fleet.ts";
import { type CommandStep, randomWishes } from "./script.ts";

/** The thing of this number among those there are; an id that nothing has when there is none. */
function nth<Row extends { id: number }>(rows: readonly Row[], number: number): Row["id"] {
  return rows[number % rows.length]?.id ?? 0;
}

/**
 * The command that a step stands for, in the fleet as it is; null when there is nothing to command.
 * `isOff` tells the truth about hosts.
 */
export function commandOf(
  state: State,
  step: CommandStep,
  isOff: (id: HostId) => boolean,
): Command | null {
  const { tables } = state;
  const guest = (number: number) => nth(tables.Guest.sorted(), number) as GuestId;
  const host = (number: number) => nth(tables.Host.sorted(), number) as HostId;
  switch (step.kind) {
    case "ADVANCE":
      return { kind: "ADVANCE_CLOCK", seconds: step.seconds };
    case "FAULT": {
      const { fault, target, seconds } = step;
      return {
        kind: "INJECT_FAULT",
        fault,
        target: targetOf(state, fault, target),
        durationSeconds: seconds,
      };
    }
    case "CLEAR": {
      const faults = tables.Fault.sorted();
      const fault = faults[step.which % faults.length];
      return fault ? { kind: "CLEAR_FAULT", fault: fault.kind, target: fault.target } : null;
    }
    case "GUEST":
      return { kind: step.verb, guestId: guest(step.guest) };
    case "MIGRATE":
      return {
        kind: "MIGRATE_GUEST",
        guestId: guest(step.guest),
        hostId: step.host === null ? null : host(step.host),
      };
    case "RESIZE":
      return {
        kind: "RESIZE_GUEST",
        guestId: guest(step.guest),
        flavorId: null,
        resources: step.size,
      };
    case "CREATE":
      return createGuest(state, step);
    case "HOST":
      return { kind: step.verb, hostId: host(step.host) };
    case "MAINTENANCE":
      return { kind: "SET_MAINTENANCE", hostId: host(step.host), enabled: step.enabled };
    case "FENCE":
      return { kind: "FENCE_HOST", hostId: host(step.host) };
    case "CONFIRM": {
      const silent = tables.Host.sorted().filter((each) => isUnheard(each) && isOff(each.id));
      return silent.length === 0
        ? null
        : { kind: "CONFIRM_HOST_DEAD", hostId: nth(silent, step.host) as HostId };
    }
    case "ISOLATION":
      return isolate(state, step);
    case "ADVICE": {
      const advice = tables.Recommendation.sorted();
      if (advice.length === 0) return null;
      const recommendationId = nth(advice, step.which) as RecommendationId;
      return { kind: "APPLY_RECOMMENDATION", recommendationId };
    }
    case "LOAD_BALANCER":
      return balancerCommand(chanceOf(step.salt, "balancing"), state, `made${step.salt}`);
    case "SCALING":
      return scale(state, step);
    case "ARM":
      return { kind: "SET_HIGH_AVAILABILITY", enabled: step.enabled };
  }
}

function createGuest(
  state: State,
  { name, salt, size }: Extract<CommandStep, { kind: "CREATE" }>,
): Command {
  const { tables } = state;
  const chance = chanceOf(salt, "created");
  const guests = tables.Guest.sorted();
  const hosts = tables.Host.sorted();
  return {
    kind: "CREATE_GUEST",
    name,
    tenantId: nth(tables.Tenant.sorted(), 0) as never,
    flavorId: null,
    resources: size,
    imageId: nth(tables.Image.sorted(), salt) as never,
    homeHostId: chance.is(0.3) && hosts.length > 0 ? chance.of(hosts).id : null,
    dependsOn: chance.is(0.2) && guests.length > 0 ? [chance.of(guests).id] : [],
    ...randomWishes(chance),
  };
}

/** Names are enough: they are those of a fleet with one tenant. */
function isolate(state: State, step: Extract<CommandStep, { kind: "ISOLATION" }>): Command {
  const { tables } = state;
  const chance = chanceOf(step.salt, "isolation");
  const guestId = nth(tables.Guest.sorted(), step.guest) as GuestId;
  const groups = tables.SecurityGroup.sorted();
  const securityGroupId = nth(groups, step.group) as SecurityGroupId;
  const rules = () => randomRules(chance, { securityGroups: groups }).map(wishOf);
  switch (step.what) {
    case "MEMBERSHIP": {
      const securityGroups = chance.some(groups, 3).map(({ name }) => name);
      return { kind: "SET_GUEST_SECURITY_GROUPS", guestId, securityGroups };
    }
    case "ALLOCATION": {
      const cpuReservationMillicores = 500 * chance.int(0, 4);
      return {
        kind: "SET_GUEST_ALLOCATION",
        guestId,
        allocation: {
          cpuReservationMillicores,
          cpuLimitMillicores: chance.is(0.3) ? Math.max(500, cpuReservationMillicores) : null,
          cpuShares: chance.of(SHARES_LEVELS),
          memoryReservationMiB: 512 * chance.int(0, 8),
        },
      };
    }
    case "NEW_GROUP": {
      const tenantId = nth(tables.Tenant.sorted(), 0) as TenantId;
      return { kind: "CREATE_SECURITY_GROUP", name: `made${step.salt}`, tenantId, rules: rules() };
    }
    case "RULES":
      return { kind: "UPDATE_SECURITY_GROUP", securityGroupId, rules: rules() };
    case "NO_GROUP":
      return { kind: "DELETE_SECURITY_GROUP", securityGroupId };
  }
}

/** Null when there is no group, or nobody in it. */
function scale({ tables, indexes }: State, step: Extract<CommandStep, { kind: "SCALING" }>) {
  const { member, amount, verb } = step;
  const groups = tables.ScalingGroup.sorted();
  const group = groups[step.group % groups.length];
  if (!group) return null;
  const scalingGroupId = group.id;
  const members = indexes.scaling.members.of(scalingGroupId).map((id) => ({ id }));
  const guestId = nth(members, member) as GuestId;
  const waits = members.flatMap(({ id }) =>
    (tables.Guest.get(id).membership?.lifecycle?.hooks ?? []).map(({ hook }) => ({ id, hook })),
  );
  const wait = waits[member % waits.length] ?? { id: guestId, hook: "h0" };
  const hook = { guestId: wait.id, hook: wait.hook };
  const result = amount > 1 ? "CONTINUE" : "ABANDON";
  const commands = {
    SIZE: { kind: "SET_DESIRED_CAPACITY", scalingGroupId, desired: amount },
    BOUNDS: { kind: "UPDATE_SCALING_GROUP", scalingGroupId, min: amount >> 1, max: amount },
    PROTECTION: { kind: "SET_SCALE_IN_PROTECTION", guestId, enabled: amount > 3 },
    HEALTH: { kind: "SET_MEMBER_HEALTH", guestId, healthy: amount > 4, reason: "no answer" },
    METRIC: { kind: "PUT_METRIC", scalingGroupId, metric: "queue", value: amount * 50 },
    REFRESH: refreshOf(group, amount),
    REFRESH_ALL: { ...refreshOf(group, amount), template: null, skipMatching: false },
    CANCEL_REFRESH: { kind: "CANCEL_GROUP_REFRESH", scalingGroupId },
    ROLL_BACK: { kind: "ROLL_BACK_GROUP_REFRESH", scalingGroupId },
    HOOK_DONE: { kind: "COMPLETE_LIFECYCLE_ACTION", ...hook, result, reason: "done" },
    HEARTBEAT: { kind: "RECORD_LIFECYCLE_HEARTBEAT", ...hook },
    NO_GROUP: { kind: "DELETE_SCALING_GROUP", scalingGroupId },
  } as const satisfies Record<typeof verb, Command>;
  return members.length > 0 ? commands[verb] : null;
}

/** To a template that differs from the group's in what harms nobody. */
function refreshOf({ id: scalingGroupId, template }: ScalingGroup, amount: number) {
  const { securityGroupIds: securityGroups, ...rest } = template;
  const wish = { ...rest, securityGroups, readyAfterSeconds: amount % 3 };
  return {
    kind: "START_GROUP_REFRESH",
    scalingGroupId,
    template: wish,
    minHealthyPercent: [0, 50, 90, 100][amount % 4] as number,
    checkpointPercents: amount % 2 === 0 ? [] : [30, 100],
    checkpointWaitSeconds: amount * 5,
    autoRollback: amount > 1,
    skipMatching: true,
  } as const;
}

/** A rule of a document as commands have it. */
function wishOf(rule: Record<string, unknown>): SecurityRuleWish {
  const nothing = { fromPort: null, toPort: null, remoteCidr: null, remoteGroup: null };
  return { ...nothing, ...rule } as SecurityRuleWish;
}

function targetOf({ tables }: State, fault: FaultKind, number: number): Ref {
  const host: Ref = { type: "Host", id: nth(tables.Host.sorted(), number) as HostId };
  const guest: Ref = { type: "Guest", id: nth(tables.Guest.sorted(), number) as GuestId };
  switch (fault) {
    case "RACK_POWER":
      return { type: "Rack", id: nth(tables.Rack.sorted(), number) as never };
    case "ZONE_POWER":
    case "ZONE_COOLING":
    case "ZONE_NETWORK":
      return { type: "Zone", id: nth(tables.Zone.sorted(), number) as never };
    case "REGION_LOSS":
      return { type: "Region", id: nth(tables.Region.sorted(), number) as never };
    case "GUEST_CRASH":
    case "GUEST_HANG":
      return guest;
    case "GUEST_START_FAILS":
    case "MIGRATION_FAILS":
      return number % 2 === 0 ? guest : host;
    default:
      return host;
  }
}

export function applyFleet(document: Document, prune: boolean): Command {
  const parsed = parseFleetDocument(JSON.stringify(document));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems, null, 2));
  return { kind: "APPLY_FLEET", spec: parsed.spec, dryRun: false, prune };
}
