import type { Command } from "./commands.ts";
import type { TenantId } from "./ids.ts";

/** Least first: each may do what those before it may. */
export const ROLES = ["VIEWER", "OPERATOR", "ADMIN"] as const;
export type Role = (typeof ROLES)[number];

/** Who asks. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
  /** Sees and changes what this tenant has and nothing else; null: the whole fleet. */
  readonly tenantId: TenantId | null;
}

/** The role that a command takes, at least; FLEET: of a principal of the whole fleet. */
export interface Requirement {
  readonly role: Role;
  readonly scope: "TENANT" | "FLEET";
}

const GUESTS: Requirement = { role: "OPERATOR", scope: "TENANT" };
const HOSTS: Requirement = { role: "OPERATOR", scope: "FLEET" };
const TOKENS: Requirement = { role: "ADMIN", scope: "TENANT" };
const FLEET: Requirement = { role: "ADMIN", scope: "FLEET" };

/** Who may do what. A principal of a tenant can name nothing but what it sees, whatever its role. */
export const REQUIREMENTS = {
  CREATE_GUEST: GUESTS,
  START_GUEST: GUESTS,
  STOP_GUEST: GUESTS,
  SUSPEND_GUEST: GUESTS,
  RESUME_GUEST: GUESTS,
  REBOOT_GUEST: GUESTS,
  RESIZE_GUEST: GUESTS,
  MIGRATE_GUEST: GUESTS,
  DELETE_GUEST: GUESTS,
  SET_GUEST_ALLOCATION: GUESTS,
  SET_GUEST_SECURITY_GROUPS: GUESTS,
  CREATE_SECURITY_GROUP: GUESTS,
  UPDATE_SECURITY_GROUP: GUESTS,
  DELETE_SECURITY_GROUP: GUESTS,
  CREATE_LOAD_BALANCER: GUESTS,
  UPDATE_LOAD_BALANCER: GUESTS,
  DELETE_LOAD_BALANCER: GUESTS,
  REGISTER_TARGETS: GUESTS,
  DEREGISTER_TARGETS: GUESTS,
  SET_TARGET_WEIGHT: GUESTS,
  CREATE_SCALING_GROUP: GUESTS,
  UPDATE_SCALING_GROUP: GUESTS,
  DELETE_SCALING_GROUP: GUESTS,
  SET_DESIRED_CAPACITY: GUESTS,
  START_GROUP_REFRESH: GUESTS,
  CANCEL_GROUP_REFRESH: GUESTS,
  ROLL_BACK_GROUP_REFRESH: GUESTS,
  SET_SCALE_IN_PROTECTION: GUESTS,
  SET_MEMBER_HEALTH: GUESTS,
  COMPLETE_LIFECYCLE_ACTION: GUESTS,
  RECORD_LIFECYCLE_HEARTBEAT: GUESTS,
  PUT_METRIC: GUESTS,
  SET_MAINTENANCE: HOSTS,
  REBOOT_HOST: HOSTS,
  SHUTDOWN_HOST: HOSTS,
  POWER_ON_HOST: HOSTS,
  SET_HIGH_AVAILABILITY: HOSTS,
  APPLY_RECOMMENDATION: HOSTS,
  CREATE_API_TOKEN: TOKENS,
  REVOKE_API_TOKEN: TOKENS,
  CONFIRM_HOST_DEAD: FLEET,
  FENCE_HOST: FLEET,
  CREATE_TENANT: FLEET,
  SET_QUOTA: FLEET,
  DELETE_TENANT: FLEET,
  APPLY_FLEET: FLEET,
  INJECT_FAULT: FLEET,
  CLEAR_FAULT: FLEET,
  ADVANCE_CLOCK: FLEET,
} as const satisfies Record<Exclude<Command["kind"], "REFUSED_BEFORE">, Requirement>;

/** Why the principal may not, for people; null when it may. */
export function objectionTo(principal: Principal, requirement: Requirement): string | null {
  if (requirement.scope === "FLEET" && principal.tenantId !== null)
    return "This is for those who look after the whole fleet; you look after one tenant.";
  return mayActAs(principal.role, requirement.role)
    ? null
    : `This takes the role ${requirement.role}; yours is ${principal.role}.`;
}

function mayActAs(role: Role, wanted: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}
