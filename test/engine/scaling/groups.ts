import { World } from "../world.ts";

/** Three zones with two hosts each, and a scaling group `web` of guests of one core and 2 GiB. */
export function worldWith(group: object, more: object = {}): World {
  return new World(documentWith(group, more));
}

export function documentWith(group: object, more: object = {}): string {
  const document = {
    settings: { usageSampleSeconds: 10 },
    regions: [
      {
        name: "north",
        zones: ["a", "b", "c"].map((name) => ({
          name,
          dataCenters: [
            {
              name: `dc-${name}`,
              hosts: [1, 2].map((number) => ({
                name: `${name}${number}`,
                cpuCores: 64,
                memoryMiB: 131_072,
                storageGiB: 4_000,
              })),
            },
          ],
        })),
      },
    ],
    flavors: [
      { name: "small", cpuCores: 1, memoryMiB: 2_048, storageGiB: 1 },
      { name: "large", cpuCores: 4, memoryMiB: 8_192, storageGiB: 1 },
    ],
    images: [{ name: "linux", bootSeconds: 5 }],
    scalingGroups: [
      { name: "web", template: { flavor: "small", image: "linux" }, max: 100, ...group },
    ],
    ...more,
  };
  return JSON.stringify(document);
}
