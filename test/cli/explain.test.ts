/** Every way in which a guest can be down: the API's reasons and what `evenkeel explain` says. */

import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { explanationOf } from "../../src/cli/explain-query.ts";
import { explanationText } from "../../src/cli/explain-text.ts";
import { startTestServer, type TestServer } from "../api/harness.ts";
import { run } from "./processes.ts";

const HOSTS = `regions:
  - name: r
    zones:
      - { name: z1, dataCenters: [{ name: d1, hosts: [{ name: h1, cpuCores: 8, memoryMiB: 16384, storageGiB: 500 }] }] }
      - { name: z2, dataCenters: [{ name: d2, hosts: [{ name: h2, cpuCores: 8, memoryMiB: 16384, storageGiB: 500 }] }] }
flavors:
  - { name: s, cpuCores: 1, memoryMiB: 1024, storageGiB: 10 }
  - { name: half, cpuCores: 5, memoryMiB: 1024, storageGiB: 10 }
  - { name: most, cpuCores: 7, memoryMiB: 1024, storageGiB: 10 }
images: [{ name: i, bootSeconds: 5 }]
`;

async function apply(server: TestServer, document: string): Promise<void> {
  const result = await server.mutate(
    "applyFleet",
    "ApplyFleetInput",
    { document },
    "... on ApplyFleetPayload { changes { name } }",
  );
  expect(result).toMatchObject({ __typename: "ApplyFleetPayload" });
}

async function fault(
  server: TestServer,
  kind: string,
  type: "host" | "guest" | "zone",
  name: string,
  durationSeconds: number | null = null,
): Promise<void> {
  const input = { targetId: await server.id(type, name), kind, durationSeconds };
  const result = await server.mutate("injectFault", "InjectFaultInput", input);
  expect(result).toMatchObject({ __typename: "InjectFaultPayload" });
}

async function disarm(server: TestServer): Promise<void> {
  const input = { enabled: false };
  const result = await server.mutate("setHighAvailability", "SetHighAvailabilityInput", input);
  expect(result).toMatchObject({ __typename: "SetHighAvailabilityPayload" });
}

async function verb(server: TestServer, mutation: string, guest: string): Promise<void> {
  const guestId = await server.id("guest", guest);
  const result = await server.mutate(mutation, "GuestActionInput", { guestId });
  expect(result.__typename).toMatch(/Payload$/);
}

interface Way {
  readonly name: string;
  /** Ends with guest `it` down. */
  readonly happens: (server: TestServer) => Promise<void>;
  /** Codes of its reasons; [] when it is as it was asked to be. */
  readonly codes: readonly string[];
  /** What the command says, among other things. */
  readonly says: readonly (string | RegExp)[];
}

const ways: readonly Way[] = [
  {
    name: "no host has room",
    happens: async (server) => {
      await apply(
        server,
        `${HOSTS}guests: [{ name: big, count: 2, flavor: half, image: i, priority: HIGH }, { name: it, flavor: half, image: i }]`,
      );
      await server.advance(60);
    },
    codes: ["INSUFFICIENT_CPU"],
    says: [
      "2 of 2 hosts are short of CPU",
      "Make room",
      /h1: 3 of 5 cores free|3 of 5 cores free: h1/,
    ],
  },
  {
    name: "a rule leaves only a host that is down",
    happens: async (server) => {
      await apply(
        server,
        `${HOSTS}guests: [{ name: it, flavor: s, image: i }]
affinityRules: [{ name: pinned, kind: HOST, guests: [it], hosts: [h1], strict: true }]`,
      );
      await server.advance(30);
      await fault(server, "HOST_POWER", "host", "h1");
      await server.advance(60);
    },
    codes: ["AFFINITY_RULE", "HOST_NOT_UP"],
    says: ["rule pinned", "Change the rule", "Bring hosts back", "host h1 has been down since"],
  },
  {
    name: "what it depends on is stopped",
    happens: async (server) => {
      await apply(
        server,
        `${HOSTS}guests: [{ name: db, flavor: s, image: i, desired: STOPPED }, { name: it, flavor: s, image: i, dependsOn: [db] }]`,
      );
      await server.advance(60);
    },
    codes: ["DEPENDENCY_NOT_RUNNING"],
    says: [
      "waits for db",
      "At the root of it",
      "db: it is STOPPED, as it was asked to be",
      "startGuest",
    ],
  },
  {
    name: "what it depends on has no room",
    happens: async (server) => {
      await apply(
        server,
        `${HOSTS}guests: [{ name: big, count: 2, flavor: half, image: i, priority: HIGH }, { name: db, flavor: half, image: i }, { name: it, flavor: s, image: i, dependsOn: [db] }]`,
      );
      await server.advance(60);
    },
    codes: ["DEPENDENCY_NOT_RUNNING"],
    says: ["waits for db", "db: 2 of 2 hosts are short of CPU"],
  },
  {
    name: "its host is silent, and not yet proven dead",
    happens: async (server) => {
      await apply(server, `${HOSTS}guests: [{ name: it, flavor: s, image: i, host: h1 }]`);
      await server.advance(30);
      await fault(server, "HOST_NETWORK", "host", "h1");
      await server.advance(5);
    },
    codes: ["WAITING_FOR_FENCE"],
    says: [
      "was, when its host was last heard of",
      "host h1 has not been heard of since",
      "its own watchdog will have killed its guests by",
      "nothing starts elsewhere before",
    ],
  },
  {
    name: "its start failed, and is tried again",
    happens: async (server) => {
      await apply(
        server,
        `${HOSTS}guests: [{ name: it, flavor: s, image: i, desired: STOPPED, maxRestarts: 9 }]`,
      );
      await server.advance(10);
      await fault(server, "GUEST_START_FAILS", "guest", "it");
      await verb(server, "startGuest", "it");
      await server.advance(7);
    },
    codes: ["BACKING_OFF"],
    says: ["waits before it is tried again", /It is tried again at 2026/],
  },
  {
    name: "it was tried often enough",
    happens: async (server) => {
      await apply(server, `${HOSTS}guests: [{ name: it, flavor: s, image: i, desired: STOPPED }]`);
      await server.advance(10);
      await fault(server, "GUEST_START_FAILS", "guest", "it");
      await verb(server, "startGuest", "it");
      await server.advance(120);
    },
    codes: ["RESTARTS_EXHAUSTED"],
    says: ["is ERROR", "did not stay up on 2 hosts", "then start it (startGuest)"],
  },
  {
    name: "it boots",
    happens: async (server) => {
      await apply(server, `${HOSTS}guests: [{ name: it, flavor: s, image: i }]`);
      await server.advance(4);
    },
    codes: ["IN_PROGRESS"],
    says: ["is STARTING", "it is starting on", "Wait for it"],
  },
  {
    name: "it stops",
    happens: async (server) => {
      await apply(server, `${HOSTS}guests: [{ name: it, flavor: s, image: i, host: h1 }]`);
      await server.advance(30);
      await verb(server, "stopGuest", "it");
    },
    codes: ["IN_PROGRESS"],
    says: ["should be STOPPED, and is STOPPING", "it is stopping on", "Wait for it"],
  },
  {
    name: "it is being deleted",
    happens: async (server) => {
      await apply(server, `${HOSTS}guests: [{ name: it, flavor: s, image: i, host: h1 }]`);
      await server.advance(30);
      await verb(server, "deleteGuest", "it");
    },
    codes: ["IN_PROGRESS"],
    says: ["is being deleted, and is STOPPING"],
  },
  {
    name: "it was asked to be stopped",
    happens: async (server) => {
      await apply(server, `${HOSTS}guests: [{ name: it, flavor: s, image: i }]`);
      await server.advance(30);
      await verb(server, "stopGuest", "it");
      await server.advance(30);
    },
    codes: [],
    says: ["should be STOPPED, and it is: STOPPED", "It was asked to be stopped", "startGuest"],
  },
  {
    name: "it was asked to be suspended",
    happens: async (server) => {
      await apply(server, `${HOSTS}guests: [{ name: it, flavor: s, image: i }]`);
      await server.advance(30);
      await verb(server, "suspendGuest", "it");
      await server.advance(30);
    },
    codes: [],
    says: ["should be SUSPENDED", "resumeGuest"],
  },
  {
    name: "every host is down",
    happens: async (server) => {
      await apply(server, `${HOSTS}guests: [{ name: it, flavor: s, image: i }]`);
      await server.advance(30);
      await fault(server, "HOST_POWER", "host", "h2");
      await fault(server, "HOST_POWER", "host", "h1");
      await server.advance(60);
    },
    codes: ["HOST_NOT_UP"],
    says: ["2 of 2 hosts are not up", "Bring hosts back", "Fault HOST_POWER on host"],
  },
  {
    name: "it was frozen with its host",
    happens: async (server) => {
      await apply(
        server,
        `${HOSTS}settings: { shutdownPolicy: FREEZE }
guests: [{ name: it, flavor: s, image: i, host: h1 }]`,
      );
      await server.advance(30);
      const hostId = await server.id("host", "h1");
      const result = await server.mutate("shutdownHost", "HostActionInput", { hostId });
      expect(result.__typename).toBe("ShutdownHostPayload");
      await server.advance(60);
    },
    codes: ["FROZEN_WITH_HOST"],
    says: ["is FROZEN", "was stopped with host h1", "host h1 was switched off by request at"],
  },
  {
    name: "admission control keeps the room that it would take",
    happens: async (server) => {
      await apply(
        server,
        `${HOSTS}settings: { tolerate: 1 host }
guests: [{ name: big, count: 2, flavor: s, image: i, priority: HIGH }, { name: it, flavor: most, image: i }]`,
      );
      await server.advance(60);
    },
    codes: ["ADMISSION_CONTROL"],
    says: [
      "is PENDING",
      "nowhere, though 2 of 2 hosts have room",
      "→ Add hosts or stop guests, or lower `tolerate`",
    ],
  },
  {
    name: "what it depends on is not ready",
    happens: async (server) => {
      await apply(
        server,
        `${HOSTS}guests: [{ name: db, flavor: s, image: i, readyAfterSeconds: 60 }, { name: it, flavor: s, image: i, dependsOn: [db] }]`,
      );
      await server.advance(40);
    },
    codes: ["DEPENDENCY_NOT_READY"],
    says: ["db", "Nothing: it starts by itself"],
  },
  {
    name: "it made room for a guest of higher priority",
    happens: async (server) => {
      await apply(
        server,
        `${HOSTS}guests: [{ name: main, flavor: most, image: i, priority: CRITICAL, host: h1 }, { name: it, flavor: half, image: i, priority: LOW, preemptible: true, host: h2 }]`,
      );
      await server.advance(60);
      await fault(server, "HOST_POWER", "host", "h1");
      await server.advance(120);
    },
    codes: ["PREEMPTED"],
    says: ["main", "starts again as soon as there is room"],
  },
  {
    name: "no host at all is heard of",
    happens: async (server) => {
      await apply(server, `${HOSTS}guests: [{ name: it, flavor: s, image: i }]`);
      await server.advance(30);
      await fault(server, "HOST_NETWORK", "host", "h1");
      await fault(server, "HOST_NETWORK", "host", "h2");
      await server.advance(60);
    },
    codes: ["OUT_OF_CONTACT"],
    says: ["no host is in contact", "Mend the network between this server and its hosts"],
  },
  {
    name: "its host is silent while nothing is done by itself",
    happens: async (server) => {
      await apply(server, `${HOSTS}guests: [{ name: it, flavor: s, image: i, host: h1 }]`);
      await server.advance(30);
      await disarm(server);
      await fault(server, "HOST_POWER", "host", "h1");
      await server.advance(60);
    },
    codes: ["DISARMED"],
    says: ["High availability is disarmed", "evenkeel ha arm", "Arm high availability again"],
  },
  {
    name: "it was lost, and nothing is started elsewhere by itself",
    happens: async (server) => {
      await apply(
        server,
        `${HOSTS}guests: [{ name: main, flavor: most, image: i, host: h2, priority: HIGH }, { name: it, flavor: half, image: i, host: h1 }]`,
      );
      await server.advance(30);
      await fault(server, "HOST_POWER", "host", "h1");
      await server.advance(60);
      await disarm(server);
      await verb(server, "stopGuest", "main");
      await server.advance(60);
    },
    codes: ["DISARMED"],
    says: ["is LOST", "nothing is started elsewhere"],
  },
  {
    name: "the only host that a rule leaves it keeps losing contact",
    happens: async (server) => {
      await apply(
        server,
        `${HOSTS}guests: [{ name: it, flavor: s, image: i, desired: STOPPED }]
affinityRules: [{ name: pinned, kind: HOST, guests: [it], hosts: [h1], strict: true }]`,
      );
      await server.advance(30);
      for (let times = 0; times < 2; times++) {
        await fault(server, "HOST_NETWORK", "host", "h1", 5);
        await server.advance(10);
      }
      await verb(server, "startGuest", "it");
      await server.advance(5);
    },
    codes: ["AFFINITY_RULE", "HOST_HELD_OFF"],
    says: ["has lost contact 2 times in short order", "Find out why the host keeps losing contact"],
  },
  {
    name: "the only zone that a rule leaves it runs on batteries",
    happens: async (server) => {
      await apply(
        server,
        `${HOSTS}guests: [{ name: it, flavor: s, image: i, desired: STOPPED }]
affinityRules: [{ name: pinned, kind: HOST, guests: [it], hosts: [h1], strict: true }]`,
      );
      await server.advance(30);
      await fault(server, "ZONE_POWER", "zone", "z1");
      await server.advance(5);
      await verb(server, "startGuest", "it");
      await server.advance(5);
    },
    codes: ["AFFINITY_RULE", "ZONE_FAILING"],
    says: ["its zone z1 has lost its power", "Bring the zone's power or cooling back"],
  },
];

describe("a guest that is down says why, and what to do, when", () => {
  test.each(ways)("$name", async ({ happens, codes, says }) => {
    const server = await startTestServer({ fleet: "none" });
    await happens(server);
    const { guest } = await server.data(
      `{ guest(name: "it") { status blockedBy { code message advice } } }`,
    );
    expect(guest.blockedBy.map(({ code }: { code: string }) => code).sort()).toEqual(codes);
    const out = stripVTControlCharacters(explanationText(await explanationOf(server.url, "it")));
    for (const { message, advice } of guest.blockedBy) {
      expect(out).toContain(message);
      expect(out).toContain(`→ ${advice}`);
    }
    for (const text of says) expect(out).toMatch(text);
    expect(out).toContain("What led to this, newest first");
  });
});

describe("explain", () => {
  test("says of a running guest why it is where it is", async () => {
    const server = await startTestServer({ fleet: "none" });
    await apply(server, `${HOSTS}guests: [{ name: it, flavor: s, image: i, host: h2 }]`);
    await server.advance(60);
    const { out } = await run(["explain", "it", "--url", server.url]);
    expect(out).toMatch(/^default\/it should be RUNNING, and it is: RUNNING on h2 in z2, since/);
    expect(out).toMatch(/Put on h2 at 2026-\S+, score/);
    expect(out).toMatch(/INFO +Guest it created/);
  });

  test("says of one that should be elsewhere why it can't leave", async () => {
    const server = await startTestServer({ fleet: "none" });
    await apply(
      server,
      `${HOSTS}guests: [{ name: it, flavor: s, image: i }]
affinityRules: [{ name: pinned, kind: HOST, guests: [it], hosts: [h1], strict: true }]`,
    );
    await server.advance(60);
    const hostId = await server.id("host", "h1");
    await server.mutate("setMaintenance", "SetMaintenanceInput", { hostId, enabled: true });
    await server.advance(30);
    const { out } = await run(["explain", "it", "--url", server.url]);
    expect(out).toMatch(/and it is: RUNNING on h1/);
    expect(out).toContain("It should be elsewhere, and can't leave\n");
    expect(out).toMatch(/• .*pinned/);
    expect(out).toContain("→ Change the rule");
    const { host } = await server.data(`{ host(name: "h1") { status reasons { message } } }`);
    expect(host.status).toBe("DRAINING");
    expect(host.reasons.map(({ message }: { message: string }) => message).slice(0, 2)).toEqual([
      "host h1 is being emptied for maintenance: 1 guest is still there",
      expect.stringMatching(/^it can't leave: .*pinned/),
    ]);
  });

  test("says what incident a guest is part of", async () => {
    const server = await startTestServer({ fleet: "none" });
    await apply(server, `${HOSTS}guests: [{ name: it, flavor: s, image: i }]`);
    await server.advance(30);
    await fault(server, "ZONE_POWER", "zone", "z2");
    await fault(server, "ZONE_POWER", "zone", "z1");
    await server.advance(120);
    const { out } = await run(["explain", "it", "--url", server.url]);
    expect(out).toMatch(/Part of an incident since 2026-\S+: Fault ZONE_POWER on zone z\d/);
  });

  test("finds guests of any tenant, and asks when it can't know which", async () => {
    const server = await startTestServer({ fleet: "none" });
    const guests = ["a", "b"].map(
      (tenant) => `{ name: it, tenant: ${tenant}, flavor: s, image: i }`,
    );
    const lone = "{ name: lone, tenant: a, flavor: s, image: i }";
    const tenants = "tenants: [{ name: a }, { name: b }]";
    await apply(server, `${HOSTS}${tenants}\nguests: [${guests.join(", ")}, ${lone}]`);
    const explain = (guest: string) => run(["explain", guest, "--url", server.url]);
    expect((await explain("it")).err).toContain("There are 2 guests it; say which: a/it, b/it");
    expect((await explain("b/it")).out).toMatch(/^b\/it /);
    expect((await explain("lone")).out).toMatch(/^a\/lone /);
    const missing = await explain("nobody");
    expect(missing).toMatchObject({ code: 1, err: "evenkeel: There is no guest nobody\n" });
  });

  test("--json tells everything", async () => {
    const server = await startTestServer();
    const { out } = await run(["explain", "web-1", "--json", "--url", server.url]);
    expect(JSON.parse(out)).toMatchObject({
      guest: { name: "web-1", blockedBy: expect.any(Array), events: { nodes: [{}] } },
      considered: { verdicts: expect.any(Array) },
      roots: expect.any(Array),
    });
  });
});
