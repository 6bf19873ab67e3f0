import type { Action } from "../../model/actions.ts";
import type { GuestId } from "../../model/ids.ts";
import { type Endpoint, type Flow, judgeSide } from "../../model/security.ts";
import type { Obstacle, Passage } from "../driver.ts";
import { isCutOff, isHanging } from "./conditions.ts";
import { runningCopy } from "./copies.ts";
import { describe } from "./descriptions.ts";
import type { SimulatedHost, World } from "./world.ts";

type Of<Kind extends Action["kind"]> = Extract<Action, { kind: Kind }>;

/** The fabric between the hosts takes note at once; what comes late is known already. */
export function setSecurityGroups(
  world: World,
  { revision, groups }: Of<"SET_SECURITY_GROUPS">,
): void {
  if (revision < world.security.revision) return;
  world.security = { revision, groups: new Map(groups.map((group) => [group.id, group])) };
}

/** A guest that was never started here will bring its isolation along. */
export function isolate(world: World, { guestId, isolation }: Of<"ISOLATE">): void {
  const guest = world.guests.get(guestId);
  if (guest?.description) describe(world, guest, { ...guest.description, isolation });
}

/** Stateful rules: what is let out at one end and in at the other passes, and so does its answer. */
export function tryFlow(world: World, from: GuestId, to: GuestId, flow: Flow): Passage {
  const obstacle = obstacleBetween(world, from, to);
  const [source, target] = [endpointOf(world, from), endpointOf(world, to)];
  const isLet =
    judgeSide("EGRESS", source, target, flow).rule !== null &&
    judgeSide("INGRESS", target, source, flow).rule !== null;
  return { passes: obstacle === null && isLet, obstacle };
}

function endpointOf(world: World, guestId: GuestId): Endpoint {
  const ids = world.guests.get(guestId)?.description?.isolation.securityGroupIds ?? [];
  const groups = ids.map((id) => world.security.groups.get(id)).filter((group) => !!group);
  return { guestId, groups };
}

function obstacleBetween(world: World, from: GuestId, to: GuestId): Obstacle | null {
  const [source, target] = [runningCopy(world, from), runningCopy(world, to)];
  if (!source || !target) return { guestId: source ? to : from };
  const ends = [source, target].map(({ hostId }) => world.hosts.get(hostId));
  const hosts = ends.filter((host) => host !== undefined);
  const frozen = hosts.find((host) => isHanging(world, host));
  if (frozen) return { hostId: frozen.description.id, ails: "hangs" };
  // What stays within a host needs no network but its own.
  const cut = source.hostId === target.hostId ? undefined : hosts.find((h) => isCutOff(world, h));
  return cut ? { hostId: cut.description.id, ails: whatIsCut(world, cut) } : null;
}

function whatIsCut(world: World, { description }: SimulatedHost): string {
  const { id, zoneId } = description;
  if (world.faults.on("HOST_NETWORK", id)) return "is cut off from the network";
  if (world.faults.on("ZONE_NETWORK", zoneId)) return "is cut off: its zone has no network";
  return "is lost with its region";
}
