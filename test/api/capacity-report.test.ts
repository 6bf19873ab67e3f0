import { expect, test } from "vitest";
import { startSettledServer, startTestServer, type TestServer } from "./harness.ts";

const REPORT = `query ($losing: FailureDomain!) {
  capacityReport(losing: $losing) {
    losing tolerated domainsExamined domainsAtRisk guestsAtRisk cursor
    losses {
      domain hosts guestsAffected guestsLeftBehind
      scope { __typename ... on Host { name } ... on Zone { name } ... on Region { name } }
      leftBehind { guest { name } reasons { code message } }
    }
  }
}`;

const report = async (server: TestServer, losing: string) =>
  (await server.data(REPORT, { losing })).capacityReport;

test("tells what the loss of any one zone would do, and that all would be well", async () => {
  const server = await startSettledServer();
  const answer = await report(server, "ZONE");
  expect(answer).toMatchObject({
    losing: "ZONE",
    tolerated: true,
    domainsAtRisk: 0,
    guestsAtRisk: 0,
    cursor: await server.head(),
  });
  expect(answer.losses).toHaveLength(answer.domainsExamined);
  for (const loss of answer.losses)
    expect(loss).toMatchObject({ hosts: 1, guestsLeftBehind: 0, scope: { __typename: "Zone" } });
});

test("names the guests that would not come back, and why", async () => {
  const server = await startSettledServer();
  const { losses, ...answer } = await report(server, "REGION");
  expect(answer).toMatchObject({ tolerated: false, domainsExamined: 1, guestsAtRisk: 5 });
  expect(losses[0]).toMatchObject({ domain: "REGION", hosts: 3, scope: { name: "north" } });
  expect(losses[0].leftBehind).toContainEqual({
    guest: { name: "db" },
    reasons: [{ code: "HOST_NOT_UP", message: "3 of 3 hosts are not up" }],
  });
  const few = await server.data(
    "{ capacityReport(losing: HOST) { losses(first: 1) { leftBehind(first: 0) { reasons { code } } } } }",
  );
  expect(few.capacityReport.losses).toHaveLength(1);
});

test("is made for several at once, while the fleet changes", async () => {
  const server = await startSettledServer();
  const before = await report(server, "HOST");
  const guestId = await server.id("guest", "web-1");
  const [one, other, stopped] = await Promise.all([
    report(server, "HOST"),
    report(server, "RACK"),
    server.mutate(
      "stopGuest",
      "GuestActionInput",
      { guestId },
      "... on StopGuestPayload { cursor }",
    ),
  ]);
  expect(stopped.cursor).not.toBeNull();
  expect(one.losing).toBe("HOST");
  expect(other.losing).toBe("RACK");
  await server.advance(60);
  const affected = (losses: { guestsAffected: number }[]) =>
    losses.reduce((sum, { guestsAffected }) => sum + guestsAffected, 0);
  const after = await report(server, "HOST");
  expect(affected(after.losses)).toBe(affected(before.losses) - 1);
  expect(after.cursor).toBe(await server.head());
});

test("of an empty fleet is empty", async () => {
  const server = await startTestServer({ fleet: "none" });
  expect(await report(server, "HOST")).toMatchObject({ tolerated: true, losses: [] });
});

test("is not made to the end for who has gone away", async () => {
  const server = await startSettledServer();
  const gone = new AbortController();
  const asked = fetch(server.url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query: REPORT, variables: { losing: "HOST" } }),
    signal: gone.signal,
  });
  gone.abort();
  await expect(asked).rejects.toThrow("abort");
  expect((await report(server, "HOST")).losing).toBe("HOST");
});
