import { reservedOf } from "../model/allocation.ts";
import type { Guest } from "../model/entities.ts";
import type { FlavorId, GuestId, HostId, ImageId, TenantId } from "../model/ids.ts";
import type { HostVerdict, Reason } from "../model/reasons.ts";
import type { Resources } from "../model/resources.ts";
import { isNewStart } from "./guest-conditions.ts";
import { newGuest } from "./new-guest.ts";
import { admissionObjection } from "./placement/admission.ts";
import { judgeAll, whyNowhere } from "./placement/place.ts";
import { type Subject, subjectFor } from "./placement/subject.ts";
import type { State } from "./state.ts";

/** Hosts, best first, of which admission control is asked. */
const ASKED_MOST = 64;

/** Where would a guest like this go, and what does every host say to it? */
export function explainPlacement(
  state: State,
  question: {
    readonly tenantId: TenantId;
    readonly flavorId: FlavorId | null;
    readonly resources: Resources;
    readonly guestId: GuestId | null;
    readonly homeHostId: HostId | null;
  },
): {
  readonly hostId: HostId | null;
  readonly verdicts: readonly HostVerdict[];
  readonly blockedBy: readonly Reason[];
  readonly seq: number;
} {
  const subject = subjectOf(state, question);
  const verdicts = judgeAll(state, subject);
  const feasible = verdicts.filter((verdict) => verdict.feasible).map(({ hostId }) => hostId);
  if (feasible.length === 0)
    return { hostId: null, verdicts, blockedBy: whyNowhere(state, subject), seq: state.meta.seq };
  const starter = starterOf(state, question);
  const asked = starter ? feasible.slice(0, ASKED_MOST) : [];
  const objections = asked.map((hostId) => starter && admissionObjection(state, starter, hostId));
  const best = starter ? asked[objections.indexOf(null)] : feasible[0];
  const [objection] = objections;
  const blockedBy = best === undefined && objection ? [objection] : [];
  return { hostId: best ?? null, verdicts, blockedBy, seq: state.meta.seq };
}

/** The guest as admission control is to see it; null for one that it has nothing to say to. */
function starterOf(
  state: State,
  {
    tenantId,
    flavorId,
    resources,
    guestId,
  }: {
    tenantId: TenantId;
    flavorId: FlavorId | null;
    resources: Resources;
    guestId: GuestId | null;
  },
): Guest | null {
  const guest = guestId === null ? undefined : state.tables.Guest.find(guestId);
  if (guest) return guest.hostId === null && isNewStart(guest) ? { ...guest, resources } : null;
  const unborn = {
    id: state.meta.nextId as GuestId,
    name: "a new guest",
    tenantId,
    resources,
    flavorId: flavorId ?? (0 as FlavorId),
    imageId: 0 as ImageId,
    homeHostId: null,
    desired: "RUNNING",
    workload: null,
    securityGroupIds: null,
    allocation: null,
    priority: "MEDIUM",
    dependsOn: [],
    maxRestarts: 0,
    maxRelocations: 0,
    failback: false,
    readyAfterSeconds: 0,
    preemptible: false,
  } as const;
  return newGuest({ state, nowMs: 0 }, unborn);
}

/** A guest that exists brings its rules and history, and would move: its present place is no answer. */
function subjectOf(
  state: State,
  question: {
    guestId: GuestId | null;
    flavorId: FlavorId | null;
    resources: Resources;
    homeHostId: HostId | null;
  },
): Subject {
  const guest = question.guestId === null ? undefined : state.tables.Guest.find(question.guestId);
  const { resources } = question;
  if (guest) return { ...subjectFor(state, guest), resources };
  const flavor = state.tables.Flavor.find(question.flavorId ?? 0);
  return {
    guestIds: [],
    resources,
    reserved: flavor?.allocation ? reservedOf(flavor.allocation, resources) : null,
    homeHostId: question.homeHostId,
    retryHostId: null,
    triedHostIds: [],
    fromHostId: null,
    withinZoneId: null,
    isHasty: false,
    rules: [],
  };
}
