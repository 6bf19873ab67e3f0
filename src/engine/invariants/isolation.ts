import { reservedOf } from "../../model/allocation.ts";
import type { Guest, Host, SecurityGroup } from "../../model/entities.ts";
import { addResources, NO_RESOURCES } from "../../model/resources.ts";
import { DEFAULT_GROUP } from "../../model/security.ts";
import { footprintOf } from "../guest-conditions.ts";
import type { State } from "../state.ts";
import { broken } from "./claim.ts";

/** What keeps tenants and guests apart: groups stay within their tenant, and no host promises what it has not. */
export function isolationHolds(state: State): string[] {
  const { tables, names } = state;
  return [
    ...tables.SecurityGroup.sorted().flatMap((group) => groupIsSound(state, group)),
    ...tables.Guest.sorted().flatMap((guest) => membershipIsSound(state, guest)),
    ...tables.Tenant.sorted().flatMap(({ id, name }) =>
      broken(`tenant ${name}`, [
        [names.securityGroup.find(DEFAULT_GROUP, id) !== undefined, "has no default group"],
      ]),
    ),
    ...tables.Host.sorted().flatMap((host) => promisesHold(state, host)),
  ];
}

function groupIsSound(state: State, { id, name, tenantId, rules }: SecurityGroup): string[] {
  const { tables, indexes } = state;
  const members = tables.Guest.sorted().filter((guest) => guest.securityGroupIds?.includes(id));
  const known = indexes.guestsOfSecurityGroup.of(id);
  const isOwn = (other: number) => tables.SecurityGroup.find(other)?.tenantId === tenantId;
  return broken(`security group ${name}`, [
    [tables.Tenant.find(tenantId) !== undefined, "has no tenant"],
    [known.join() === members.map((guest) => guest.id).join(), `is said to hold ${known}`],
    [
      rules.every(({ remoteGroupId }) => remoteGroupId === null || isOwn(remoteGroupId)),
      "speaks of a group that its tenant has not",
    ],
    [
      rules.some(({ direction }) => direction === "EGRESS"),
      "does not say where its members may go",
    ],
  ]);
}

function membershipIsSound({ tables, names }: State, guest: Guest): string[] {
  const { name, tenantId, securityGroupIds: ids } = guest;
  const isOwn = (id: number) => tables.SecurityGroup.find(id)?.tenantId === tenantId;
  const isPlain = ids?.length === 1 && ids[0] === names.securityGroup.find(DEFAULT_GROUP, tenantId);
  return broken(`guest ${name}`, [
    [ids === null || ids.every(isOwn), "is in a group that its tenant has not"],
    [!isPlain, "is in its default group by name"],
  ]);
}

function promisesHold(state: State, { id, name, capacity }: Host): string[] {
  const reserved = [...state.tables.Guest.values()]
    .filter(({ hostId, targetHostId }) => hostId === id || targetHostId === id)
    .map((guest) => reservedOf(guest.allocation, footprintOf(guest)))
    .reduce(addResources, NO_RESOURCES);
  const known = state.indexes.reserved.get(id) ?? NO_RESOURCES;
  return broken(`host ${name}`, [
    [
      reserved.cpuMillicores <= capacity.cpuMillicores && reserved.memoryMiB <= capacity.memoryMiB,
      `promises ${JSON.stringify(reserved)}, and has ${JSON.stringify(capacity)}`,
    ],
    [
      JSON.stringify(known) === JSON.stringify(reserved),
      `is said to promise ${JSON.stringify(known)} instead of ${JSON.stringify(reserved)}`,
    ],
  ]);
}
