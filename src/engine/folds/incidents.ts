import type { Incident } from "../../model/entities.ts";
import type { FleetEvent } from "../../model/events.ts";
import type { State } from "../state.ts";
import { type Folds, forgetOldest } from "./fold.ts";

function tell(
  state: State,
  { payload }: FleetEvent<"IncidentOpened" | "IncidentChanged" | "IncidentResolved">,
): void {
  state.tables.Incident.set(payload.definition);
}

export const incidentFolds = {
  IncidentOpened: (state, event) => {
    tell(state, event);
    forgetOldest(state.tables.Incident, (row: Incident) => row.resolvedAtMs !== null);
  },
  IncidentChanged: tell,
  IncidentResolved: tell,
} satisfies Folds;
