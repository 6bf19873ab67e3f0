/**
 * The large fleet whose zone is lost: 10,000 hosts in 500 racks of four zones, 100,000 guests that
 * fill 75.5 % of it: what ran in one zone is a little more than the other three have room for, so
 * that some are left behind, however they are placed.
 */

import type { FleetSpec, GuestSpec, HostSpec, ZoneSpec } from "../src/model/fleet.ts";
import { GUEST_DEFAULTS } from "../src/model/fleet.ts";
import { PRIORITIES } from "../src/model/statuses.ts";

const ZONES = ["a", "b", "c", "d"];
export const HOSTS = 10_000;
export const GUESTS = 100_000;
const HOSTS_PER_RACK = 20;

/** Cores and GiB. Every third host is of the larger kind. */
const HOST_SIZES = [
  [64, 256],
  [64, 256],
  [128, 512],
] as const;

/** Cores, GiB, and how many of a hundred guests are like this. */
const GUEST_SIZES = [
  [2, 8, 36],
  [4, 16, 31],
  [8, 32, 16],
  [4, 32, 6],
  [16, 64, 5],
  [16, 128, 3],
  [32, 128, 3],
] as const;

const path: readonly string[] = [];

export function bigFleet(): FleetSpec {
  return {
    settings: {},
    regions: [{ path, name: "region-1", latitude: 0, longitude: 0, zones: ZONES.map(zone) }],
    tenants: [{ path, name: "default", quota: NO_QUOTA }],
    flavors: GUEST_SIZES.map(([cores, gib]) => ({
      path,
      name: flavorName(cores, gib),
      resources: { cpuMillicores: cores * 1_000, memoryMiB: gib * 1_024, storageGiB: 40 },
      allocation: null,
    })),
    images: [{ path, name: "linux", bootSeconds: null }],
    guests: guests(),
    affinityRules: [],
    securityGroups: [],
    loadBalancers: [],
    scalingGroups: [],
  };
}

const NO_QUOTA = { cpuMillicores: null, memoryMiB: null, storageGiB: null, guests: null };
const flavorName = (cores: number, gib: number) => `c${cores}m${gib}`;

function zone(letter: string, index: number): ZoneSpec {
  const perZone = HOSTS / ZONES.length;
  const hosts = Array.from({ length: perZone }, (_, i): HostSpec => {
    const [cores, gib] = HOST_SIZES[i % HOST_SIZES.length] as (typeof HOST_SIZES)[number];
    return {
      path,
      name: `host-${index * perZone + i}`,
      rack: `rack-${letter}-${Math.floor(i / HOSTS_PER_RACK)}`,
      capacity: { cpuMillicores: cores * 1_000, memoryMiB: gib * 1_024, storageGiB: 8_000 },
      powerWatts: null,
      powered: true,
      driver: "simulated",
      driverUri: null,
    };
  });
  return {
    path,
    name: `zone-${letter}`,
    tolerate: null,
    dataCenters: [{ path, name: `dc-${letter}`, hosts }],
  };
}

/** The sizes come mixed: 61 is prime to 100, so a stretch of a hundred guests holds all of them. */
function guests(): GuestSpec[] {
  const sizes = GUEST_SIZES.flatMap(([cores, gib, share]) =>
    new Array<string>(share).fill(flavorName(cores, gib)),
  );
  return Array.from(
    { length: GUESTS },
    (_, i): GuestSpec => ({
      ...GUEST_DEFAULTS,
      path,
      name: `g${i}`,
      flavor: sizes[(i * 61) % sizes.length] as string,
      resources: null,
      image: "linux",
      host: null,
      priority: PRIORITIES[i % PRIORITIES.length] as GuestSpec["priority"],
      dependsOn: [],
      workload: null,
    }),
  );
}
