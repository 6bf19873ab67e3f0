import type { FlavorId, GuestId, HostId, TenantId } from "../model/ids.ts";
import type { HostVerdict, Reason } from "../model/reasons.ts";
import type { Resources } from "../model/resources.ts";
import { judgeAll, whyNowhere } from "./placement/place.ts";
import { type Subject, subjectFor } from "./placement/subject.ts";
import type { State } from "./state.ts";

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
  const best = verdicts[0]?.feasible ? verdicts[0].hostId : null;
  const blockedBy = best === null ? whyNowhere(state, subject) : [];
  return { hostId: best, verdicts, blockedBy, seq: state.meta.seq };
}

/** A guest that exists brings its rules and history, and would move: its present place is no answer. */
function subjectOf(
  state: State,
  question: { guestId: GuestId | null; resources: Resources; homeHostId: HostId | null },
): Subject {
  const guest = question.guestId === null ? undefined : state.tables.Guest.find(question.guestId);
  if (guest) return { ...subjectFor(state, guest), resources: question.resources };
  return {
    guestId: null,
    resources: question.resources,
    homeHostId: question.homeHostId,
    retryHostId: null,
    triedHostIds: [],
    fromHostId: null,
    rules: [],
  };
}
