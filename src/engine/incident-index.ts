import type { Guest, Host, Incident, Zone } from "../model/entities.ts";
import type { GuestId, HostId, IncidentId, ZoneId } from "../model/ids.ts";
import { Counts, Groups } from "./groups.ts";
import { isLost, lacksUtility } from "./host-conditions.ts";

type Member = { readonly id: number; readonly incidentId: IncidentId | null };

/** It is gone, and nobody asked for that or has taken it over. */
function isMissed(host: Host): boolean {
  return isLost(host) && !host.maintenance && host.power?.phase !== "OFF";
}

function isDown({ status }: Guest): boolean {
  return status === "LOST" || status === "RECOVERING";
}

/** Who is part of which open incident, and what each of them still waits for. */
export class IncidentIndex {
  readonly open = new Set<IncidentId>();
  readonly hosts = new Groups<HostId>();
  readonly zones = new Groups<ZoneId>();
  readonly guests = new Groups<GuestId>();
  /** Of each, those that are not well again. */
  readonly #unwell = new Counts();

  /** All that it hit is well again. */
  isOver(id: IncidentId): boolean {
    return this.#unwell.of(id) === 0;
  }

  readonly incidentChanged = (before: Incident | undefined, after: Incident | undefined): void => {
    if (after && after.resolvedAtMs === null) this.open.add(after.id);
    else if (before) this.open.delete(before.id);
  };

  readonly hostChanged = (before: Host | undefined, after: Host | undefined): void =>
    this.#follow(this.hosts, isMissed, before, after);

  readonly zoneChanged = (before: Zone | undefined, after: Zone | undefined): void =>
    this.#follow(this.zones, lacksUtility, before, after);

  readonly guestChanged = (before: Guest | undefined, after: Guest | undefined): void =>
    this.#follow(this.guests, isDown, before, after);

  #follow<Row extends Member>(
    members: Groups<Row["id"]>,
    isUnwell: (row: Row) => boolean,
    before: Row | undefined,
    after: Row | undefined,
  ): void {
    const [was, is] = [before?.incidentId ?? null, after?.incidentId ?? null];
    if (before && was !== is && was !== null) members.remove(was, before.id);
    if (after && was !== is && is !== null) members.add(is, after.id);
    const ailed = before && isUnwell(before) ? was : null;
    const ails = after && isUnwell(after) ? is : null;
    if (ailed === ails) return;
    if (ailed !== null) this.#unwell.change(ailed, -1);
    if (ails !== null) this.#unwell.change(ails, 1);
  }
}
