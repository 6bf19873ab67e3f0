import { type GraphQLInputType, isInputObjectType, isListType, isNonNullType } from "graphql";
import { beforeAll, describe, expect, test } from "vitest";
import { builder } from "../../schema/builder.ts";
import { schema } from "../../schema/index.ts";
import { startTestServer, type TestServer, withToken } from "./harness.ts";

/** Who may: everybody else is FORBIDDEN. A letter for each of WHO. */
const MAY = {
  createGuest: "o a O A",
  startGuest: "o a O A",
  stopGuest: "o a O A",
  suspendGuest: "o a O A",
  resumeGuest: "o a O A",
  rebootGuest: "o a O A",
  resizeGuest: "o a O A",
  migrateGuest: "o a O A",
  deleteGuest: "o a O A",
  setGuestAllocation: "o a O A",
  setGuestSecurityGroups: "o a O A",
  createSecurityGroup: "o a O A",
  updateSecurityGroup: "o a O A",
  deleteSecurityGroup: "o a O A",
  createLoadBalancer: "o a O A",
  updateLoadBalancer: "o a O A",
  deleteLoadBalancer: "o a O A",
  registerTargets: "o a O A",
  deregisterTargets: "o a O A",
  setTargetWeight: "o a O A",
  createScalingGroup: "o a O A",
  updateScalingGroup: "o a O A",
  deleteScalingGroup: "o a O A",
  setDesiredCapacity: "o a O A",
  startGroupRefresh: "o a O A",
  cancelGroupRefresh: "o a O A",
  rollBackGroupRefresh: "o a O A",
  setScaleInProtection: "o a O A",
  setMemberHealth: "o a O A",
  completeLifecycleAction: "o a O A",
  recordLifecycleHeartbeat: "o a O A",
  putMetric: "o a O A",
  setMaintenance: "O A",
  rebootHost: "O A",
  shutdownHost: "O A",
  powerOnHost: "O A",
  applyRecommendation: "O A",
  setHighAvailability: "O A",
  createApiToken: "a A",
  revokeApiToken: "a A",
  confirmHostDead: "A",
  fenceHost: "A",
  createTenant: "A",
  setQuota: "A",
  deleteTenant: "A",
  applyFleet: "A",
  injectFault: "A",
  clearFault: "A",
  advanceClock: "A",
} as const;

const WHO = {
  v: { role: "VIEWER", tenant: "default" },
  o: { role: "OPERATOR", tenant: "default" },
  a: { role: "ADMIN", tenant: "default" },
  V: { role: "VIEWER" },
  O: { role: "OPERATOR" },
  A: { role: "ADMIN" },
} as const;

/** Something of the right type that is nothing's: whoever may is told that, and nothing is done. */
function nonsense(type: GraphQLInputType): unknown {
  if (!isNonNullType(type)) return undefined;
  const inner = type.ofType;
  if (isListType(inner)) return [];
  if (isInputObjectType(inner))
    return Object.fromEntries(
      Object.values(inner.getFields()).map((field) => [field.name, nonsense(field.type)]),
    );
  const values: Record<string, unknown> = {
    ID: "no id",
    String: "",
    Boolean: false,
    Float: -1,
    Int: -1,
    Role: "VIEWER",
    FaultKind: "HOST_POWER",
    LifecycleResult: "CONTINUE",
  };
  return values[String(inner)];
}

describe("roles", () => {
  const asked = new Map<string, TestServer>();

  beforeAll(async () => {
    const server = await startTestServer({}, true);
    for (const [letter, who] of Object.entries(WHO))
      asked.set(letter, await withToken(server, who));
    return () => server.close();
  });

  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

  test("are said of every mutation", () => {
    expect(Object.keys(MAY).sort()).toEqual(mutations.map(({ name }) => name).sort());
  });

  test.each(mutations.map(({ name, args }) => [name, args[0]?.type] as const))(
    "%s",
    async (name, type) => {
      const input = nonsense(type as GraphQLInputType) as object;
      const may: string[] = [];
      for (const [letter, server] of asked) {
        const inputType = String(type).replace("!", "");
        const result = await server.mutate(name, inputType, { ...input });
        if (result.__typename !== "ForbiddenError") may.push(letter);
        else expect(result).toMatchObject({ code: "FORBIDDEN", path: [] });
      }
      expect(may.join(" ")).toBe(MAY[name as keyof typeof MAY]);
    },
  );

  test.each(Object.keys(WHO))("read, and say who they are (%s)", async (letter) => {
    const who = WHO[letter as keyof typeof WHO];
    const tenant = "tenant" in who ? { name: who.tenant } : null;
    const server = asked.get(letter) as TestServer;
    const { viewer, guests } = await server.data(
      "{ viewer { name role tenant { name } } guests { totalCount } }",
    );
    expect(viewer).toMatchObject({ role: who.role, tenant });
    expect(guests.totalCount).toBe(5);
  });

  test("are asked of a mutation, or it is not built", () => {
    builder.mutationField("paintHost", (t) => t.boolean({ resolve: () => true }));
    expect(() => builder.toSchema()).toThrow("Mutation paintHost has no entry in REQUIREMENTS");
  });
});
