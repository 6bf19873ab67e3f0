import { type EventSpec, event } from "./field-types.ts";

export const SECURITY_EVENTS = {
  SecurityGroupCreated: event("SECURITY", "INFO", "Security group {group} created", {
    group: "SecurityGroup",
    tenant: "Tenant",
    definition: "securityGroupDefinition",
  }),
  SecurityGroupChanged: event("SECURITY", "NOTICE", "Security group {group} changed: {changes}", {
    group: "SecurityGroup",
    changes: "strings",
    definition: "securityGroupDefinition",
  }),
  SecurityGroupRemoved: event("SECURITY", "NOTICE", "Security group {group} removed", {
    group: "SecurityGroup",
  }),
  GuestSecurityGroupsChanged: event(
    "SECURITY",
    "NOTICE",
    "Security groups of {guest} changed: {changes}",
    { guest: "Guest", changes: "strings", definition: "guestSecurityDefinition" },
  ),
  CommandAudited: event("SECURITY", "DEBUG", "{command} answered {result}: {detail}", {
    target: "node?",
    command: "string",
    result: "string",
    detail: "string",
    dryRun: "boolean",
  }),
  ApiTokenCreated: event("SECURITY", "NOTICE", "API token {token} created for role {role}", {
    token: "ApiToken",
    role: "role",
    tenant: "Tenant?",
    definition: "apiTokenDefinition",
  }),
  ApiTokenRevoked: event("SECURITY", "NOTICE", "API token {name} revoked", {
    token: "ApiToken",
    name: "string",
    tenant: "Tenant?",
  }),
} as const satisfies Record<string, EventSpec>;
