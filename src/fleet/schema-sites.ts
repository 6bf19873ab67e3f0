import { LIMITS } from "../model/limits.ts";
import { POWER_MODEL } from "./power-model.ts";
import { count, DRIVER_URI, name, RESOURCE_KEYS, RESOURCE_NAMES } from "./schema-common.ts";
import { type ChoiceSchema, constant, list, number, object } from "./schema-kinds.ts";
import { TOLERATE } from "./tolerate.ts";

const driver: ChoiceSchema = {
  description: "What runs the host's guests.",
  default: "simulated",
  oneOf: [
    constant("simulated", { description: "A host of the simulated world." }),
    object(
      {
        libvirt: object(
          {
            uri: {
              type: "string",
              pattern: DRIVER_URI,
              maxLength: 1024,
              description: "The libvirt connection URI of the hypervisor.",
              examples: ["qemu+ssh://host-1/system"],
            },
          },
          ["uri"],
          { description: "How to reach the hypervisor." },
        ),
      },
      ["libvirt"],
      { description: "A real hypervisor, through libvirt." },
    ),
  ],
};

const host = object(
  {
    name: name("The host's name, the only one of its kind in the fleet."),
    count: count("So many hosts of this kind, named `name-1`, `name-2`, …"),
    rack: name("The rack it stands in, within its data center."),
    ...RESOURCE_KEYS,
    powerModel: POWER_MODEL,
    powered: {
      type: "boolean",
      description: "False: off, as after the fault HOST_POWER, until that fault is cleared.",
      default: true,
    },
    driver,
  },
  ["name", ...RESOURCE_NAMES],
  { description: "A physical machine." },
);

const dataCenter = object(
  {
    name: name("The data center's name, the only one of its kind in the zone."),
    hosts: list(host, LIMITS.hosts, { description: "The data center's hosts." }),
  },
  ["name"],
);

const zone = object(
  {
    name: name("The zone's name, the only one of its kind in the fleet."),
    tolerate: TOLERATE,
    dataCenters: list(dataCenter, LIMITS.hosts, { description: "The zone's data centers." }),
  },
  ["name"],
  { description: "An availability zone, with power, cooling and networking of its own." },
);

export const REGION = object(
  {
    name: name("The region's name, the only one of its kind in the fleet."),
    location: object(
      {
        latitude: number(-90, 90, { description: "Degrees north of the equator." }),
        longitude: number(-180, 180, { description: "Degrees east of Greenwich." }),
      },
      ["latitude", "longitude"],
      { description: "Where the region is." },
    ),
    zones: list(zone, LIMITS.hosts, { description: "The region's availability zones." }),
  },
  ["name"],
  { description: "A geographic place." },
);
