import type { GuestSpec } from "../../../model/fleet.ts";
import { guestKey, splitGuestName } from "./guest-names.ts";
import type { Plan } from "./plan.ts";

interface Visit {
  readonly key: string;
  readonly needs: readonly string[];
  next: number;
}

/**
 * Dependencies before those who depend on them, so that each finds its ids. A circle is a problem,
 * also one that leads through guests that the document does not name. Without recursion: a chain may
 * be as long as the document.
 */
export function inDependencyOrder(plan: Plan, guests: readonly GuestSpec[]): GuestSpec[] {
  const specs = new Map(guests.map((guest) => [guestKey(guest.tenant, guest.name), guest]));
  const ordered: GuestSpec[] = [];
  const met = new Map<string, "OPEN" | "DONE">();
  const trail: Visit[] = [];
  const enter = (key: string) => {
    met.set(key, "OPEN");
    trail.push({ key, needs: needsOf(plan, specs, key), next: 0 });
  };
  const leave = ({ key }: Visit) => {
    met.set(key, "DONE");
    trail.pop();
    const spec = specs.get(key);
    if (spec) ordered.push(spec);
  };
  for (const start of specs.keys()) {
    if (!met.has(start)) enter(start);
    for (let visit = trail.at(-1); visit; visit = trail.at(-1)) {
      const need = visit.needs[visit.next++];
      if (need === undefined) leave(visit);
      else if (!met.has(need)) enter(need);
      else if (met.get(need) === "OPEN") tellCircle(plan, specs, trail, need);
    }
  }
  return ordered;
}

function needsOf(plan: Plan, specs: ReadonlyMap<string, GuestSpec>, key: string): string[] {
  const spec = specs.get(key);
  if (spec) return spec.dependsOn.map((name) => guestKey(spec.tenant, name));
  const { names, tables } = plan.ctx.state;
  const { tenant, guest: name } = splitGuestName(key);
  const tenantId = names.tenant.find(tenant);
  const id = tenantId === undefined ? undefined : names.guest.find(name, tenantId);
  if (id === undefined) return [];
  return tables.Guest.get(id)
    .recovery.dependsOn.map((needId) => tables.Guest.find(needId))
    .filter((need) => need !== undefined)
    .map((need) => guestKey(tenant, need.name));
}

/** Told of the guest of the document that is first in it. */
function tellCircle(
  plan: Plan,
  specs: ReadonlyMap<string, GuestSpec>,
  trail: readonly Visit[],
  first: string,
): void {
  const keys = trail.slice(trail.findIndex(({ key }) => key === first)).map(({ key }) => key);
  const names = [...keys, first].map((key) => splitGuestName(key).guest);
  const spec = keys.map((key) => specs.get(key)).find((guest) => guest !== undefined);
  plan.problem(
    [...(spec?.path ?? ["guests"]), "dependsOn"],
    `Guests depend on each other in a circle: ${names.join(" → ")}.`,
  );
}
