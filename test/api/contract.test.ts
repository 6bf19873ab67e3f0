import { readFileSync } from "node:fs";
import { isEnumType, isInputObjectType, isInterfaceType, isObjectType, isUnionType } from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../../schema/index.ts";
import { printedSchema, SDL_FILE } from "../../schema/print.ts";

/** What clients rely on: names and types that never change. `name(arguments): Type`. */
const CONTRACT: Record<string, readonly string[]> = {
  Node: ["id: ID!"],
  Region: [
    "id: ID!",
    "name: String!",
    "location: GeoPoint!",
    "zones: ZoneConnection!",
    "capacity: Capacity!",
    "availability(window: Window): Availability!",
  ],
  GeoPoint: ["latitude: Float!", "longitude: Float!"],
  Zone: [
    "id: ID!",
    "name: String!",
    "region: Region!",
    "dataCenters: DataCenterConnection!",
    "hosts: HostConnection!",
    "guests: GuestConnection!",
    "status: ZoneStatus!",
    "power: UtilityStatus!",
    "cooling: UtilityStatus!",
    "network: UtilityStatus!",
    "capacity: Capacity!",
    "availability(window: Window): Availability!",
  ],
  DataCenter: [
    "id: ID!",
    "name: String!",
    "zone: Zone!",
    "racks: RackConnection!",
    "hosts: HostConnection!",
  ],
  Rack: ["id: ID!", "name: String!", "dataCenter: DataCenter!", "hosts: HostConnection!"],
  Host: [
    "id: ID!",
    "name: String!",
    "zone: Zone!",
    "dataCenter: DataCenter!",
    "rack: Rack",
    "status: HostStatus!",
    "driver: String!",
    "capacity: Resources!",
    "allocated: Resources!",
    "usage: Usage",
    "guests: GuestConnection!",
    "lastHeartbeatAt: DateTime",
  ],
  Guest: [
    "id: ID!",
    "name: String!",
    "tenant: Tenant!",
    // Null where the guest's resources were given one by one.
    "flavor: Flavor!",
    "image: Image!",
    "resources: Resources!",
    "host: Host",
    "zone: Zone",
    "status: GuestStatus!",
    "desired: DesiredState!",
    "recovery: RecoveryPolicy!",
    "blockedBy: [Reason!]!",
    "placement: Placement",
    "usage: Usage",
    "availability(window: Window): Availability!",
    "events(filter: EventFilter): EventConnection!",
  ],
  Resources: ["cpuCores: Float!", "memoryMiB: Int!", "storageGiB: Int!"],
  Usage: ["cpuCores: Float!", "memoryMiB: Int!", "sampledAt: DateTime!"],
  Capacity: [
    "total: Resources!",
    "allocated: Resources!",
    "free: Resources!",
    "hostsUp: Int!",
    "hostsTotal: Int!",
    "guestsRunning: Int!",
    "consolidationRatio: Float!",
  ],
  Availability: [
    "from: DateTime!",
    "to: DateTime!",
    "upSeconds: Float!",
    "downSeconds: Float!",
    "ratio: Float!",
    "nines: Float!",
    "outages: Int!",
    "longestOutageSeconds: Float!",
    "targetRatio: Float",
    "metTarget: Boolean",
  ],
  Event: [
    "id: ID!",
    "cursor: Cursor!",
    "occurredAt: DateTime!",
    "kind: EventKind!",
    "category: EventCategory!",
    "severity: Severity!",
    "message: String!",
    "subject: Node",
    "cause: Event",
    "actor: Actor!",
  ],
  EventFilter: [
    "categories: [EventCategory!]",
    "kinds: [EventKind!]",
    "minSeverity: Severity",
    "subjectIds: [ID!]",
    "zoneIds: [ID!]",
    "tenantIds: [ID!]",
    "causedBy: Cursor",
  ],
  GuestFilter: [
    "statuses: [GuestStatus!]",
    "hostIds: [ID!]",
    "zoneIds: [ID!]",
    "regionIds: [ID!]",
    "tenantIds: [ID!]",
    "nameContains: String",
  ],
  HostFilter: [
    "statuses: [HostStatus!]",
    "zoneIds: [ID!]",
    "regionIds: [ID!]",
    "nameContains: String",
  ],
  Query: [
    "node(id: ID!): Node",
    "nodes(ids: [ID!]!): [Node]!",
    "head: Cursor!",
    "viewer: Viewer!",
    "region(name: String!): Region",
    "zone(name: String!): Zone",
    "host(name: String!): Host",
    'guest(name: String!, tenant: String = "default"): Guest',
    "regions: RegionConnection!",
    "zones: ZoneConnection!",
    "hosts(filter: HostFilter, orderBy: HostOrder): HostConnection!",
    "guests(filter: GuestFilter, orderBy: GuestOrder): GuestConnection!",
    "tenants: TenantConnection!",
    "events(first: Int, after: Cursor, last: Int, before: Cursor, filter: EventFilter): EventConnection!",
    "explainPlacement(input: ExplainPlacementInput!): PlacementExplanation!",
    "capacityReport(losing: FailureDomain!): CapacityReport!",
    "simulation: Simulation",
  ],
  Subscription: [
    "events(after: Cursor, filter: EventFilter): Event!",
    "host(id: ID!): Host!",
    "guest(id: ID!): Guest!",
    "zone(id: ID!): Zone!",
    "operation(id: ID!): Operation!",
    "fleet(intervalMs: Int = 1000): FleetSummary!",
  ],
  Error: ["message: String!", "code: ErrorCode!", "path: [String!]!"],
  Mutation: [
    "applyFleet(input: ApplyFleetInput!): ApplyFleetResult!",
    "createGuest(input: CreateGuestInput!): CreateGuestResult!",
    "startGuest(input: GuestActionInput!): StartGuestResult!",
    "stopGuest(input: GuestActionInput!): StopGuestResult!",
    "suspendGuest(input: GuestActionInput!): SuspendGuestResult!",
    "resumeGuest(input: GuestActionInput!): ResumeGuestResult!",
    "rebootGuest(input: GuestActionInput!): RebootGuestResult!",
    "resizeGuest(input: ResizeGuestInput!): ResizeGuestResult!",
    "migrateGuest(input: MigrateGuestInput!): MigrateGuestResult!",
    "deleteGuest(input: GuestActionInput!): DeleteGuestResult!",
    "setMaintenance(input: SetMaintenanceInput!): SetMaintenanceResult!",
    "rebootHost(input: HostActionInput!): RebootHostResult!",
    "shutdownHost(input: HostActionInput!): ShutdownHostResult!",
    "powerOnHost(input: HostActionInput!): PowerOnHostResult!",
    "setHighAvailability(input: SetHighAvailabilityInput!): SetHighAvailabilityResult!",
    "injectFault(input: InjectFaultInput!): InjectFaultResult!",
    "clearFault(input: ClearFaultInput!): ClearFaultResult!",
    "advanceClock(input: AdvanceClockInput!): AdvanceClockResult!",
  ],
  GuestActionInput: ["guestId: ID!", "idempotencyKey: String"],
  SetMaintenanceInput: ["hostId: ID!", "enabled: Boolean!", "idempotencyKey: String"],
  HostActionInput: ["hostId: ID!", "idempotencyKey: String"],
  SetHighAvailabilityInput: ["enabled: Boolean!", "idempotencyKey: String"],
  MigrateGuestInput: ["guestId: ID!", "hostId: ID"],
  InjectFaultInput: ["targetId: ID!", "kind: FaultKind!", "durationSeconds: Float"],
  ClearFaultInput: ["targetId: ID!", "kind: FaultKind!"],
  AdvanceClockInput: ["seconds: Float!"],
  GuestFailedOver: ["guest: Guest", "fromHost: Host", "toHost: Host", "downtimeMs: Float!"],
  GuestRecoveryBlocked: ["guest: Guest", "reasons: [Reason!]!"],
  FailoverStarted: ["scope: Node", "guestsAffected: Int!"],
  FailoverCompleted: [
    "scope: Node",
    "guestsRecovered: Int!",
    "guestsUnrecovered: Int!",
    "durationMs: Float!",
  ],
};

const VALUES: Record<string, readonly string[]> = {
  ZoneStatus: ["HEALTHY", "DEGRADED", "DOWN"],
  UtilityStatus: ["UP", "DOWN"],
  HostStatus: ["UP", "SUSPECT", "FENCING", "DOWN", "DRAINING", "MAINTENANCE", "STANDBY"],
  DesiredState: ["RUNNING", "STOPPED", "SUSPENDED"],
  Severity: ["DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"],
  ErrorCode: [
    "INVALID_INPUT",
    "NOT_FOUND",
    "CONFLICT",
    "QUOTA_EXCEEDED",
    "NO_CAPACITY",
    "FORBIDDEN",
    "UNSUPPORTED",
  ],
  EventKind: ["HOST_SUSPECTED", "HOST_FENCED", "ZONE_DOWN", "GUEST_FAILED_OVER", "GUEST_LOST"],
  FaultKind: ["HOST_POWER", "ZONE_POWER", "REGION_LOSS", "GUEST_CRASH", "STORAGE_STALL"],
};

/** `name(arguments): Type` of each field; arguments beyond the contract's may not be required. */
function fieldsOf(name: string): Map<string, { type: string; args: Map<string, string> }> {
  const type = schema.getType(name);
  if (isInputObjectType(type))
    return new Map(
      Object.values(type.getFields()).map((field) => [
        field.name,
        { type: String(field.type), args: new Map<string, string>() },
      ]),
    );
  if (!isObjectType(type) && !isInterfaceType(type)) throw new Error(`There is no type ${name}`);
  return new Map(
    Object.values(type.getFields()).map((field) => [
      field.name,
      {
        type: String(field.type),
        args: new Map(
          field.args.map((arg) => [
            arg.name,
            arg.defaultValue === undefined
              ? String(arg.type)
              : `${arg.type} = ${JSON.stringify(arg.defaultValue)}`,
          ]),
        ),
      },
    ]),
  );
}

function parse(line: string) {
  const match = /^(\w+)(?:\((.*)\))?: (.+)$/.exec(line);
  if (!match) throw new Error(line);
  const [, name = "", args = "", type = ""] = match;
  const list = args.split(", ").filter(Boolean);
  return { name, type, args: list.map((arg) => arg.split(": ") as [string, string]) };
}

describe("the schema", () => {
  test("is committed as it is", () => {
    expect(readFileSync(SDL_FILE, "utf8")).toBe(printedSchema());
  });

  test.each(Object.entries(CONTRACT))("%s is as promised", (name, lines) => {
    const fields = fieldsOf(name);
    for (const { name: field, type, args } of lines.map(parse)) {
      const actual = fields.get(field);
      expect({ field, type: actual?.type }).toEqual({ field, type });
      for (const [arg, argType] of args) expect(actual?.args.get(arg)).toBe(argType);
      const promised = new Set(args.map(([arg]) => arg));
      for (const [arg, argType] of actual?.args ?? [])
        if (!promised.has(arg)) expect(argType, `${name}.${field}(${arg})`).not.toMatch(/!$/);
    }
  });

  test.each(Object.entries(VALUES))("%s has its values", (name, values) => {
    const type = schema.getType(name);
    if (!isEnumType(type)) throw new Error(`There is no enum ${name}`);
    expect(type.getValues().map((value) => value.name)).toEqual(
      expect.arrayContaining([...values]),
    );
  });

  test.each(Object.keys(schema.getMutationType()?.getFields() ?? {}))(
    "%s answers its payload or a typed error",
    (mutation) => {
      const name = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}`;
      const type = schema.getType(`${name}Result`);
      if (!isUnionType(type)) throw new Error(`There is no union ${name}Result`);
      expect(new Set(type.getTypes().map(String))).toEqual(
        new Set([
          `${name}Payload`,
          "InvalidInputError",
          "NotFoundError",
          "ConflictError",
          "QuotaExceededError",
          "NoCapacityError",
          "ForbiddenError",
          "UnsupportedError",
          "UnavailableError",
          "InternalError",
        ]),
      );
    },
  );

  test("every list is a connection that counts and can be filtered and ordered", () => {
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) || !type.name.endsWith("Connection")) continue;
      expect(Object.keys(type.getFields()).sort(), type.name).toEqual([
        "edges",
        "nodes",
        "pageInfo",
        "totalCount",
      ]);
    }
    const query = schema.getQueryType()?.getFields() ?? {};
    for (const field of Object.values(query)) {
      if (!String(field.type).endsWith("Connection!")) continue;
      const args = field.args.map((arg) => arg.name);
      expect(args, field.name).toEqual(
        expect.arrayContaining(["first", "after", "last", "before", "filter"]),
      );
      if (field.name !== "events") expect(args, field.name).toContain("orderBy");
    }
  });
});
