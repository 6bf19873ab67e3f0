import type { Guest } from "../../../model/entities.ts";
import type { HostId } from "../../../model/ids.ts";
import { isShunned } from "../../host-conditions.ts";
import type { State } from "../../state.ts";

/** Hosts that guests move to when there is no other: a move to them has failed lately. */

export function shunnedHosts(state: State): HostId[] {
  return [...state.indexes.shunned].filter((id) => isShunned(state, id)).sort((a, b) => a - b);
}

/** Where its last migration failed. */
export function failedTargets({ moveBlockedBy }: Guest): HostId[] {
  return moveBlockedBy.flatMap(({ code, hostId }) =>
    code === "DRIVER_ERROR" && hostId !== undefined ? [hostId] : [],
  );
}
