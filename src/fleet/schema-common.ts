import { SHARES_MOST } from "../model/allocation.ts";
import { LIMITS, NAME_PATTERN } from "../model/limits.ts";
import { CHECK_PATH } from "../model/load-balancing.ts";
import { SHARES_LEVELS } from "../model/statuses.ts";
import { integer, list, number, object, oneOf, type TextSchema } from "./schema-kinds.ts";

const NAME = NAME_PATTERN.source.slice(1, -1);

/** A guest by its name, or by `tenant/name`. */
const GUEST_REFERENCE = `^(?:${NAME}/)?${NAME}$`;

export const DRIVER_URI = "^[a-z][a-z0-9+.-]*://[^\\s]*$";

const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
export const IPV4_ADDRESS = `^(?:${BYTE}\\.){3}${BYTE}$`;
export const SOCKET_PATH = "^/[!-~]+$";

/** What a pattern asks for, in words for people. */
export const PATTERN_WORDS: Readonly<Record<string, string>> = {
  [NAME_PATTERN.source]:
    "may hold letters, digits, '.', '_', ':' and '-', and starts and ends with a letter or digit",
  [GUEST_REFERENCE]: "must be the name of a guest, or `tenant/name`",
  [IPV4_ADDRESS]: "must be an IPv4 address, as 10.0.0.7",
  [SOCKET_PATH]: "must be an absolute path without blanks",
  [CHECK_PATH]: "must begin with / and hold no blanks",
  [DRIVER_URI]: "must be a connection URI, as `qemu+ssh://host/system`",
};

export function name(description: string, more: Partial<TextSchema> = {}): TextSchema {
  return {
    description,
    ...more,
    type: "string",
    pattern: NAME_PATTERN.source,
    maxLength: LIMITS.nameLength,
  };
}

const guestReference: TextSchema = {
  type: "string",
  pattern: GUEST_REFERENCE,
  maxLength: 2 * LIMITS.nameLength + 1,
};

export function guestReferences(description: string, minItems?: number) {
  return list(guestReference, LIMITS.guests, {
    description,
    uniqueItems: true,
    ...(minItems === undefined ? {} : { minItems }),
  });
}

export function count(description: string) {
  return integer(1, LIMITS.count, { description });
}

/** What a host has, or a guest takes. */
export const RESOURCE_KEYS = {
  cpuCores: number(0.001, LIMITS.cpuCores, {
    description: "CPU cores, with up to three decimals.",
    examples: [4, 0.5],
  }),
  memoryMiB: integer(1, LIMITS.memoryMiB, {
    description: "Memory in MiB.",
    examples: [16384],
  }),
  storageGiB: integer(0, LIMITS.storageGiB, {
    description: "Storage in GiB.",
    examples: [40],
  }),
};

/** A guest's part of its host where others want it too. */
export const ALLOCATION = object(
  {
    cpuReservationCores: number(0, LIMITS.cpuCores, {
      description: "CPU cores that it is guaranteed: no host promises more than it has.",
      default: 0,
    }),
    cpuLimitCores: number(0.001, LIMITS.cpuCores, {
      description: "CPU cores that it is given at most. Without it, all that it has.",
    }),
    cpuShares: {
      description:
        "Its weight where CPU is short: a level, 1:2:4 for each of its cores, or a number for all of it.",
      default: "NORMAL",
      oneOf: [
        oneOf(SHARES_LEVELS, { description: "500, 1000 or 2000 for each core." }),
        integer(1, SHARES_MOST, { description: "For all of its cores together." }),
      ],
    },
    memoryReservationMiB: integer(0, LIMITS.memoryMiB, {
      description: "Memory in MiB that it is guaranteed.",
      default: 0,
    }),
  },
  [],
  {
    description:
      "Its part of its host where others want it too: reservation, limit and shares as in VMware vSphere.",
  },
);

export const RESOURCE_NAMES: readonly string[] = Object.keys(RESOURCE_KEYS);
