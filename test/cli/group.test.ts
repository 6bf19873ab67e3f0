import { expect, test } from "vitest";
import { startSettledServer } from "../api/harness.ts";
import { run } from "./processes.ts";

const DOCUMENT = `scalingGroups:
  - { name: web, template: { flavor: small, image: linux }, max: 3, policies: [{ name: cpu, kind: TARGET_TRACKING, metric: CPU, target: 60 }] }
loadBalancers:
  - { name: front, listeners: [{ port: 80, targetGroup: all }], targetGroups: [{ name: all, port: 80, targets: [{ scalingGroup: web }] }] }`;

test("a scaling group is shown, resized, and says why it is not as it should be", async () => {
  const server = await startSettledServer();
  await server.mutate("applyFleet", "ApplyFleetInput", { document: DOCUMENT });
  const group = (...words: string[]) => run(["group", ...words, "--url", server.url]);
  expect(await group("web")).toMatchObject({
    code: 0,
    out: "default/web is to have 0 members (0 to 3), has 0, of which 0 run\n  policy cpu (TARGET_TRACKING)\n  target group all of front (0 of 0 targets healthy)\n",
  });
  expect((await group("web", "--size", "2")).out).toMatch(/^default\/web is to have 2 members/);
  await server.advance(60);
  const { out } = await group("default/web");
  expect(out).toContain("has 2, of which 2 run");
  expect(out).toContain("target group all of front (2 of 2 targets healthy)");
  const tenantId = await server.id("tenant", "default");
  await server.mutate("setQuota", "SetQuotaInput", { tenantId, quota: { guests: 7 } });
  await group("web", "--size", "3");
  await server.advance(1);
  expect((await group("web")).out).toMatch(
    /• Tenant default may have 7 guests.*\n {4}→ Raise the tenant's quota/,
  );
  expect(await group("web", "--size", "4")).toMatchObject({
    code: 1,
    err: expect.stringContaining("Desired (4) must be from min (0) to max (3)."),
  });
  expect(await group("none")).toMatchObject({
    code: 1,
    err: expect.stringContaining("There is no scaling group default/none"),
  });
  expect(await group("web", "--size", "many")).toMatchObject({ code: 2 });
  expect(await group()).toMatchObject({ code: 2 });
});

test("members that wait for hooks are shown with them", async () => {
  const server = await startSettledServer();
  const hooks = "lifecycleHooks: [{ name: register, transition: LAUNCHING }]";
  const document = DOCUMENT.replace("max: 3", `min: 1, max: 3, ${hooks}`);
  await server.mutate("applyFleet", "ApplyFleetInput", { document });
  await server.advance(60);
  expect((await run(["group", "web", "--url", server.url])).out).toMatch(
    /\n {2}web-3 waits for hook register \(LAUNCHING\) until 2026-01-01T01:/,
  );
});

test("a group is refreshed, and told how far it is", async () => {
  const server = await startSettledServer();
  const document = DOCUMENT.replace("max: 3", "min: 2, max: 3, warmUpSeconds: 5");
  await server.mutate("applyFleet", "ApplyFleetInput", { document });
  await server.advance(60);
  const newer = document.replace("image: linux", "image: linux, priority: LOW");
  await server.mutate("applyFleet", "ApplyFleetInput", { document: newer });
  const group = (...words: string[]) => run(["group", "web", ...words, "--url", server.url]);
  const under = /\n {2}refresh to template 2: IN_PROGRESS, 0 %\n/;
  expect((await group("--refresh")).out).toMatch(under);
  expect(await group("--refresh", "--roll-back")).toMatchObject({ code: 2 });
  expect((await group("--cancel-refresh")).out).toContain(
    "refresh to template 2: CANCELLED, 0 %: somebody asked for that",
  );
  await group("--refresh");
  await server.advance(120);
  expect((await group()).out).toContain("refresh to template 2: COMPLETED, 100 %");
  expect(await group("--roll-back")).toMatchObject({
    code: 1,
    err: expect.stringContaining("No refresh of web is there to take back."),
  });
});
