import { GUEST_DEFAULTS } from "../model/fleet.ts";
import { LIMITS } from "../model/limits.ts";
import { DEFAULT_GROUP } from "../model/security.ts";
import { DIRECTIONS, PROTOCOLS } from "../model/statuses.ts";
import { name } from "./schema-common.ts";
import { integer, list, object, oneOf } from "./schema-kinds.ts";

const port = (description: string) => integer(1, 65_535, { description });

const RULE = object(
  {
    direction: oneOf(DIRECTIONS, { description: "To its members, or from them." }),
    protocol: oneOf(PROTOCOLS, { description: "What it is about.", default: "ANY" }),
    fromPort: port("The first port; all of them without. TCP and UDP only."),
    toPort: port("The last port; `fromPort` alone without."),
    remoteCidr: {
      type: "string",
      maxLength: 18,
      description: "Who is at the other end: an IPv4 network. Anybody without.",
      examples: ["10.0.0.0/8"],
    },
    remoteGroup: name("Who is at the other end: members of this group of the same tenant."),
  },
  ["direction"],
  { description: "What is let through. What no rule lets through is denied." },
);

export const SECURITY_GROUP = object(
  {
    name: name("The group's name, the only one of its kind in its tenant."),
    tenant: name("Who owns it.", { default: GUEST_DEFAULTS.tenant }),
    rules: list(RULE, LIMITS.securityRules, {
      description:
        "All its rules. Without one for EGRESS, its members may talk to anybody: a rule that says so is added.",
    }),
  },
  ["name"],
  { description: "Rules about who may talk to its members, and they to whom." },
);

export const GUEST_GROUPS = list(name("A group of its tenant."), LIMITS.groupsOfGuest, {
  description: `The security groups that it is in: \`${DEFAULT_GROUP}\` when this is left out; with none at all nobody talks to it, nor it to anybody.`,
  uniqueItems: true,
});
