// How long it takes from the request to the running guest, as the log tells it.

import { expect, test } from "vitest";
import { type Data, startTestServer, type TestServer } from "./harness.ts";

const size = { cpuCores: 1, memoryMiB: 512, storageGiB: 1 };
const ZONES = ["y", "z"];

function fleet(): string {
  const host = (name: string) => ({ name, cpuCores: 8, memoryMiB: 65_536, storageGiB: 100 });
  const guest = (zone: string, image: string, number: number) => ({
    name: `${image}-${zone}${number}`,
    resources: size,
    image,
    host: `h${zone}`,
  });
  return JSON.stringify({
    regions: [
      {
        name: "r",
        zones: ZONES.map((name) => ({
          name,
          dataCenters: [{ name: `d${name}`, hosts: [host(`h${name}`)] }],
        })),
      },
    ],
    images: [
      { name: "quick", bootSeconds: 1 },
      { name: "slow", bootSeconds: 20 },
    ],
    guests: ZONES.flatMap((zone) =>
      ["quick", "slow"].flatMap((image) => [1, 2, 3].map((number) => guest(zone, image, number))),
    ),
  });
}

async function started(): Promise<TestServer> {
  const server = await startTestServer({ fleet: "none" });
  await server.mutate("applyFleet", "ApplyFleetInput", { document: fleet() });
  await server.advance(120);
  return server;
}

const FIGURES = "starts p50Seconds p99Seconds";

async function report(server: TestServer, window: object = {}): Promise<Data> {
  const query = `query ($window: Window) {
    agilityReport(window: $window) {
      from to ${FIGURES} images { image { name } zone { name } ${FIGURES} }
    }
  }`;
  return (await server.data(query, { window })).agilityReport;
}

/** Seconds from each request to the guest running, the shortest first. */
async function told(server: TestServer, image: string, zone: string): Promise<number[]> {
  const query = `{ events(first: 100, filter: { kinds: [GUEST_STARTED, GUEST_FAILED_OVER] }) {
    nodes { occurredAt
      ... on GuestStarted { image { name } requestedAt host { zone { name } } }
      ... on GuestFailedOver { image { name } requestedAt host: toHost { zone { name } } } }
  } }`;
  const { nodes } = (await server.data(query)).events;
  return nodes
    .filter((event: Data) => event.requestedAt && event.image.name === image)
    .filter((event: Data) => event.host.zone.name === zone)
    .map((event: Data) => (Date.parse(event.occurredAt) - Date.parse(event.requestedAt)) / 1000)
    .sort((a: number, b: number) => a - b);
}

test("is told for each image in each zone, and for all", async () => {
  const server = await started();
  const { images, ...all } = await report(server);
  expect(all.starts).toBe(12);
  expect(images.map(({ image, zone }: Data) => `${image.name} ${zone.name}`)).toEqual([
    "quick y",
    "quick z",
    "slow y",
    "slow z",
  ]);
  for (const { image, zone, starts, p50Seconds, p99Seconds } of images) {
    const seconds = await told(server, image.name, zone.name);
    expect(seconds).toHaveLength(3);
    expect([starts, p50Seconds, p99Seconds]).toEqual([3, seconds[1], seconds[2]]);
  }
  expect(all.p99Seconds).toBe(Math.max(...images.map(({ p99Seconds }: Data) => p99Seconds)));
  expect(images[0].p99Seconds).toBeLessThan(images[2].p50Seconds);
});

test("counts from the request, with all failed attempts, and only what was asked for", async () => {
  const server = await started();
  const [guestId, hostId] = [await server.id("guest", "quick-y1"), await server.id("host", "hy")];
  await server.mutate("stopGuest", "GuestActionInput", { guestId });
  await server.advance(60);
  // Its host dies before it runs: it comes up elsewhere, later.
  await server.mutate("startGuest", "GuestActionInput", { guestId });
  const fault = { kind: "HOST_POWER", targetId: hostId };
  await server.mutate("injectFault", "InjectFaultInput", fault);
  await server.advance(120);
  const { starts, p50Seconds, images } = await report(server, { seconds: 121 });
  expect(starts).toBe(1);
  expect(p50Seconds).toBeGreaterThan(3);
  const [one] = images;
  expect([one.image.name, one.zone.name]).toEqual(["quick", "z"]);
  expect((await told(server, "quick", "z")).at(-1)).toBe(one.p50Seconds);
});

test("is nothing where nothing was started, and ends at the present", async () => {
  const server = await started();
  await server.advance(3_600);
  const { from, to, ...nothing } = await report(server, { seconds: 600 });
  expect(Date.parse(to) - Date.parse(from)).toBe(600_000);
  expect(nothing).toEqual({ starts: 0, p50Seconds: 0, p99Seconds: 0, images: [] });
});
