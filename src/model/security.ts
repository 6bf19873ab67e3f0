import type { GuestId, SecurityGroupId } from "./ids.ts";
import type { Direction, Protocol } from "./statuses.ts";

/**
 * Security groups as OpenStack Neutron has them (API reference v2.0, "Security groups"): a guest is in
 * any number of groups of its tenant, and what no rule of theirs allows is denied. Rules are stateful:
 * the answer to what was let through passes.
 */

/** The group that each tenant has from the beginning, and a guest is in while nobody says otherwise. */
export const DEFAULT_GROUP = "default";

export interface SecurityRule {
  readonly direction: Direction;
  readonly protocol: Protocol;
  /** First and last port; null for all of them. TCP and UDP only. */
  readonly fromPort: number | null;
  readonly toPort: number | null;
  /** Who is at the other end: an IPv4 network, as `10.0.0.0/8`. Null with `remoteGroupId` null: anybody. */
  readonly remoteCidr: string | null;
  /** Who is at the other end: members of this group, which is of the same tenant. */
  readonly remoteGroupId: SecurityGroupId | null;
}

/** A rule as it is asked for: its remote group by id, or by its name in the tenant. */
export type SecurityRuleWish = Omit<SecurityRule, "remoteGroupId"> & {
  readonly remoteGroup: SecurityGroupId | string | null;
};

/**
 * A group that says nothing about what leaves its members lets everything leave, by a rule that is
 * added: Neutron gives it to each new group. To hold something back, give a narrower one.
 */
export function withEgress(rules: readonly SecurityRule[]): readonly SecurityRule[] {
  const says = rules.some(({ direction }) => direction === "EGRESS");
  return says ? rules : [...rules, EGRESS_TO_ANYBODY];
}

const ANYTHING = { protocol: "ANY", fromPort: null, toPort: null, remoteCidr: null } as const;
const EGRESS_TO_ANYBODY: SecurityRule = { direction: "EGRESS", ...ANYTHING, remoteGroupId: null };

/** Neutron's `default` group: its members talk to one another and to anybody, and nobody else to them. */
export function defaultRules(groupId: SecurityGroupId): readonly SecurityRule[] {
  return [EGRESS_TO_ANYBODY, { direction: "INGRESS", ...ANYTHING, remoteGroupId: groupId }];
}

/** What wants to pass. Of ANY protocol or without a port, only a rule for all of them lets it. */
export interface Flow {
  readonly protocol: Protocol;
  readonly port: number | null;
}

/** One end of it. */
export interface Endpoint {
  readonly guestId: GuestId;
  readonly groups: readonly RuleSet[];
}
export interface RuleSet {
  readonly id: SecurityGroupId;
  readonly rules: readonly SecurityRule[];
}

/** The first rule of the first group that allows it; nulls where none does, and it is denied. */
export interface SideVerdict {
  readonly groupId: SecurityGroupId | null;
  readonly rule: SecurityRule | null;
}

/** What the groups of `own` say to a flow that leaves it for `peer` (EGRESS) or reaches it from there. */
export function judgeSide(
  direction: Direction,
  own: Endpoint,
  peer: Endpoint,
  flow: Flow,
): SideVerdict {
  for (const { id, rules } of own.groups) {
    const rule = rules.find((each) => each.direction === direction && lets(each, peer, flow));
    if (rule) return { groupId: id, rule };
  }
  return { groupId: null, rule: null };
}

function lets(rule: SecurityRule, peer: Endpoint, { protocol, port }: Flow): boolean {
  if (rule.protocol !== "ANY" && rule.protocol !== protocol) return false;
  if (rule.fromPort !== null && !isWithin(port, rule.fromPort, rule.toPort ?? rule.fromPort))
    return false;
  if (rule.remoteGroupId !== null) return peer.groups.some(({ id }) => id === rule.remoteGroupId);
  return rule.remoteCidr === null || holds(rule.remoteCidr, addressOf(peer.guestId));
}

function isWithin(port: number | null, from: number, to: number): boolean {
  return port !== null && port >= from && port <= to;
}

/** A guest's address on the network that all guests share: 10.0.0.0/8 and its id, while that has room. */
const FIRST_ADDRESS = 10 * 2 ** 24;
const ADDRESSES = 2 ** 24;
function addressOf(guestId: GuestId): number | null {
  return guestId < ADDRESSES ? FIRST_ADDRESS + guestId : null;
}

/** As people write it; null for a guest that came after all addresses were given away. */
export function shownAddress(guestId: GuestId): string | null {
  const address = addressOf(guestId);
  if (address === null) return null;
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

interface Network {
  readonly base: number;
  /** How many addresses it has. */
  readonly size: number;
}

function parseCidr(text: string): Network | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return null;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  if (Math.max(a, b, c, d) > 255 || prefix > 32) return null;
  return { base: ((a * 256 + b) * 256 + c) * 256 + d, size: 2 ** (32 - prefix) };
}

/** 0.0.0.0/0 is everybody, with an address or without. */
function holds(cidr: string, address: number | null): boolean {
  const network = parseCidr(cidr);
  if (!network) return false;
  if (address === null) return network.size === 2 ** 32;
  return address >= network.base && address < network.base + network.size;
}

interface RuleProblem {
  readonly field: keyof SecurityRuleWish;
  readonly message: string;
}

/** What is wrong with a rule, and with which field of it; null when nothing is. */
export function ruleProblem(rule: SecurityRuleWish): RuleProblem | null {
  const { remoteCidr, remoteGroup } = rule;
  const ports = portsProblem(rule);
  if (ports) return ports;
  if (remoteCidr === null) return null;
  if (remoteGroup !== null)
    return { field: "remoteCidr", message: "the other end is a network or a group, not both" };
  const message = cidrProblem(remoteCidr);
  return message === null ? null : { field: "remoteCidr", message };
}

function portsProblem({ protocol, fromPort, toPort }: SecurityRuleWish): RuleProblem | null {
  const ports = { fromPort, toPort };
  for (const field of ["fromPort", "toPort"] as const) {
    const port = ports[field];
    if (port === null) continue;
    if (protocol !== "TCP" && protocol !== "UDP")
      return { field, message: `protocol ${protocol} has no ports` };
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      return { field, message: `a port is a whole number from 1 to 65535, not ${port}` };
  }
  if (toPort === null) return null;
  if (fromPort === null) return { field: "toPort", message: "toPort needs a fromPort" };
  const message = `toPort ${toPort} is before fromPort ${fromPort}`;
  return toPort < fromPort ? { field: "toPort", message } : null;
}

function cidrProblem(cidr: string): string | null {
  const network = parseCidr(cidr);
  if (!network) return `'${cidr.slice(0, 80)}' is not an IPv4 network, as 10.0.0.0/8 is one`;
  if (network.base % network.size === 0) return null;
  return `${cidr} names an address beyond its prefix; a network ends in zeros, a single address in /32`;
}

/** A rule in words, as verdicts and differences tell it; `groupName` is that of its remote group. */
export function ruleInWords(rule: SecurityRule, groupName: string | null): string {
  const { direction, protocol, fromPort, toPort, remoteCidr } = rule;
  const ports = fromPort === null ? "" : ` ${fromPort}${toPort === fromPort ? "" : `-${toPort}`}`;
  const remote = groupName === null ? (remoteCidr ?? "anybody") : `group ${groupName}`;
  return `${direction} ${protocol}${ports} ${direction === "INGRESS" ? "from" : "to"} ${remote}`;
}
