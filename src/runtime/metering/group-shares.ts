import type { State } from "../../engine/state.ts";
import type { ScalingGroupId, ZoneId } from "../../model/ids.ts";
import { type Amounts, noAmounts } from "../../model/metering.ts";

/** What goes through the meters of each of its zones, in whole members; those of `zones` that it may be in. */
export function groupShares(
  { tables }: State,
  id: ScalingGroupId,
  zones: readonly ZoneId[],
): ReadonlyMap<ZoneId, Amounts> {
  const group = tables.ScalingGroup.find(id);
  if (!group || group.deleting) return new Map();
  const { desired, max, zoneIds, template } = group;
  const own = zones
    .filter((zone) => zoneIds.length === 0 || zoneIds.includes(zone))
    .sort((a, b) => a - b);
  const { cpuMillicores } = tables.Flavor.get(template.flavorIds[0] as never).resources;
  const part = (whole: number, index: number) =>
    Math.floor(whole / own.length) + Number(index < whole % own.length);
  return new Map(
    own.map((zone, index) => {
      const spared = part(max, index) - part(desired, index);
      const share = noAmounts();
      share.memberMs = part(desired, index);
      share.sparedMemberMs = spared;
      share.sparedMillicoreMs = spared * cpuMillicores;
      return [zone, share];
    }),
  );
}
