import type { ScalingGroup } from "../../../model/entities.ts";
import type { ScalingGroupId, ZoneId } from "../../../model/ids.ts";
import { findPlace, place } from "../../placement/place.ts";
import { subjectFor } from "../../placement/subject.ts";
import type { State } from "../../state.ts";
import { type MoveRound, moversWith } from "../moves/round.ts";
import { type Member, membersOf } from "./members.ts";
import { openZones, zonesOf } from "./zones.ts";

/** Members that are asked to leave a zone before it is left as it is for now. */
const ASKED_MOST = 8;

/**
 * Keeps groups even over their zones by live migration: a zone that is back gets its share again, and
 * nobody is missing meanwhile.
 */
export function spreadGroups(round: MoveRound): void {
  const { uneven } = round.state.indexes.scaling;
  for (const id of [...uneven].sort((a, b) => a - b)) spread(round, id);
}

function spread(round: MoveRound, id: ScalingGroupId): void {
  const group = round.state.tables.ScalingGroup.get(id);
  if (group.deleting) return;
  for (let step = nextStep(round.state, group); step; step = nextStep(round.state, group))
    if (!moveOne(round, group, step)) return;
}

interface Step {
  readonly from: ZoneId;
  readonly to: ZoneId;
}

/** From the fullest zone to the emptiest, if that makes the group more even; null when it is. */
function nextStep(state: State, group: ScalingGroup): Step | null {
  const { scaling } = state.indexes;
  const open = openZones(state, group);
  const [to] = open;
  if (to === undefined) return null;
  const astray = strayZone(state, group);
  if (astray !== null) return { from: astray, to };
  const from = open.at(-1) as ZoneId;
  const gain = scaling.standing(group.id, from) - scaling.standing(group.id, to);
  return gain > 1 ? { from, to } : null;
}

/** A zone where the group is not to run any more, and still does. */
function strayZone(state: State, group: ScalingGroup): ZoneId | null {
  if (group.zoneIds.length === 0) return null;
  const own = new Set(zonesOf(state, group));
  const found = state.tables.Zone.sorted().find(
    ({ id }) => !own.has(id) && state.indexes.scaling.standing(group.id, id) > 0,
  );
  return found?.id ?? null;
}

function moveOne(round: MoveRound, { id }: ScalingGroup, { from, to }: Step): boolean {
  const { state, ctx } = round;
  for (const guest of candidates(round, id, from)) {
    const asked = { ...subjectFor(state, guest), withinZoneId: to };
    if (!findPlace(state, asked, ctx.nowMs)) continue;
    const outcome = round.moveAll([guest], "SPREAD", null, (subject) =>
      place(state, { ...subject, withinZoneId: to }, ctx.nowMs),
    );
    if (outcome === "MOVES") return true;
  }
  return false;
}

/** The newest first. Who is bound to others by strict rules stays with them. */
function candidates(round: MoveRound, id: ScalingGroupId, from: ZoneId): Member[] {
  const { state } = round;
  const stands = ({ hostId, targetHostId }: Member) =>
    targetHostId === null && state.indexes.capacity.room(hostId ?? 0)?.zoneId === from;
  return membersOf(state, id)
    .filter((guest) => stands(guest) && !round.wasTried(guest))
    .filter((guest) => moversWith(state, guest).length === 1)
    .reverse()
    .slice(0, ASKED_MOST);
}
