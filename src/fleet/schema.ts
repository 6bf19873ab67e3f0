/**
 * The fleet document as a JSON Schema, made of the model's own vocabulary and limits. What it says
 * is what `checkShape` enforces; `fleet.schema.json` is its printed form, for editors.
 */
import { LIMITS } from "../model/limits.ts";
import { POLARITIES, RULE_SCOPES } from "../model/statuses.ts";
import {
  ALLOCATION,
  guestReferences,
  name,
  RESOURCE_KEYS,
  RESOURCE_NAMES,
} from "./schema-common.ts";
import { GUEST } from "./schema-guests.ts";
import {
  type ChoiceSchema,
  constant,
  integer,
  list,
  number,
  type ObjectSchema,
  object,
  oneOf,
} from "./schema-kinds.ts";
import { LOAD_BALANCER } from "./schema-load-balancers.ts";
import { SCALING_GROUP } from "./schema-scaling.ts";
import { SECURITY_GROUP } from "./schema-security.ts";
import { SETTINGS } from "./schema-settings.ts";
import { REGION } from "./schema-sites.ts";
import { TRACE_ROW } from "./schema-workload.ts";

/** Far more tenants, flavors, images or rules than anybody keeps apart. */
const MAX_ITEMS = 100_000;

const tenant = object(
  {
    name: name("The tenant's name. The tenant `default` is always there."),
    quota: object(
      {
        cpuCores: number(0, LIMITS.cpuCores * LIMITS.hosts, { description: "CPU cores." }),
        memoryMiB: integer(0, LIMITS.memoryMiB * LIMITS.hosts, { description: "Memory in MiB." }),
        storageGiB: integer(0, LIMITS.storageGiB * LIMITS.hosts, {
          description: "Storage in GiB.",
        }),
        guests: integer(0, LIMITS.guests, { description: "Number of guests." }),
      },
      [],
      { description: "The most that its guests may take together. What is left out is unbounded." },
    ),
  },
  ["name"],
  { description: "An owner of guests." },
);

const flavor = object(
  { name: name("The flavor's name."), ...RESOURCE_KEYS, allocation: ALLOCATION },
  ["name", ...RESOURCE_NAMES],
  { description: "A size of guests." },
);

const image = object(
  {
    name: name("The image's name."),
    bootSeconds: number(0, 86_400, {
      description: "How long a guest takes to boot from it. Simulated guests only.",
    }),
  },
  ["name"],
  { description: "What a guest boots from." },
);

const ruleHost: ChoiceSchema = {
  oneOf: [
    name("A host by its name, with priority 0."),
    object(
      {
        name: name("The host's name."),
        priority: integer(0, 1000, { description: "Higher is preferred.", default: 0 }),
      },
      ["name"],
    ),
  ],
};

const ruleGuests = guestReferences(
  "The guests that the rule is for: `name` in the tenant `default`, or `tenant/name`. The name of a counted guest means all of its copies.",
  1,
);
const strict = {
  type: "boolean",
  description: "True: a guest rather stays down than breaks the rule. False: a preference.",
  default: false,
} as const;

const disabled = {
  type: "boolean",
  description: "Written down, but not to be obeyed.",
  default: false,
} as const;

const affinityRule: ChoiceSchema = {
  description: "Where guests should run.",
  oneOf: [
    object(
      {
        name: name("The rule's name."),
        kind: constant("HOST"),
        guests: ruleGuests,
        hosts: list(ruleHost, LIMITS.hosts, { description: "The hosts to run on.", minItems: 1 }),
        strict,
        disabled,
      },
      ["name", "kind", "guests", "hosts"],
      { description: "Which hosts guests should run on." },
    ),
    object(
      {
        name: name("The rule's name."),
        kind: constant("GUEST"),
        guests: ruleGuests,
        polarity: oneOf(POLARITIES, { description: "Beside each other, or never." }),
        scope: oneOf(RULE_SCOPES, { description: "What they share, or do not.", default: "HOST" }),
        strict,
        disabled,
      },
      ["name", "kind", "guests", "polarity"],
      { description: "Whether guests run beside each other." },
    ),
  ],
};

export const FLEET_SCHEMA: ObjectSchema = object(
  {
    $schema: {
      type: "string",
      maxLength: 1024,
      description: "For editors: where the schema of this document is. Not used otherwise.",
    },
    settings: SETTINGS,
    regions: list(REGION, LIMITS.hosts, { description: "Places, down to the hosts." }),
    tenants: list(tenant, MAX_ITEMS, { description: "Owners of guests, and their quotas." }),
    flavors: list(flavor, MAX_ITEMS, { description: "Sizes of guests." }),
    images: list(image, MAX_ITEMS, { description: "What guests boot from." }),
    guests: list(GUEST, LIMITS.guests, { description: "Virtual machines." }),
    traces: list(TRACE_ROW, MAX_ITEMS, {
      description:
        "Rows of trace files that the document brings along, for a server that does not see the files. `evenkeel apply` adds them by itself.",
    }),
    affinityRules: list(affinityRule, MAX_ITEMS, { description: "Where guests should run." }),
    securityGroups: list(SECURITY_GROUP, MAX_ITEMS, { description: "Who may talk to whom." }),
    loadBalancers: list(LOAD_BALANCER, MAX_ITEMS, {
      description: "Who gets the requests that come in.",
    }),
    scalingGroups: list(SCALING_GROUP, MAX_ITEMS, {
      description: "Guests made from one template, as many as there is work for.",
    }),
  },
  [],
);

/** The published form, as `fleet.schema.json` holds it and `/fleet.schema.json` serves it. */
export function printFleetSchema(): string {
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Evenkeel fleet document",
    description: "Regions, zones, hosts, tenants, guests and rules of one fleet.",
    ...FLEET_SCHEMA,
  };
  return `${JSON.stringify(document, null, 2).replace(LIST_OF_SCALARS, onOneLine)}\n`;
}

/** A key with a list that holds no object and no list, as `JSON.stringify` breaks it into lines. */
const LIST_OF_SCALARS = /^ *"\w+": \[\n[^[\]{}]*\],?$/gm;
const LINE_WIDTH = 100;

/** The formatter's way: a short list is one line. */
function onOneLine(text: string): string {
  const line = text
    .replace(/\[\n */, "[")
    .replace(/\n *\]/, "]")
    .replace(/,\n */g, ", ");
  return line.length <= LINE_WIDTH ? line : text;
}
