import type { ScalingGroup } from "../../../model/entities.ts";
import type { GroupTemplate } from "../../../model/scaling.ts";
import type { State } from "../../state.ts";
import { differences } from "../fleet/plan.ts";
import { membersOf } from "./members.ts";

type Revisions = Pick<ScalingGroup, "templateRevision" | "newestRevision" | "previousTemplate">;

export function isSame(a: GroupTemplate, b: GroupTemplate): boolean {
  return differences(a, b).length === 0;
}

/** A new number for a new template, and its old one for the one before. */
export function revisionOf(state: State, old: ScalingGroup, template: GroupTemplate): Revisions {
  const { templateRevision, newestRevision, previousTemplate } = old;
  if (isSame(old.template, template)) return { templateRevision, newestRevision, previousTemplate };
  const isBack = previousTemplate !== null && isSame(previousTemplate.template, template);
  const revision = isBack ? previousTemplate.revision : newestRevision + 1;
  const isInUse = membersOf(state, old.id).some(
    ({ membership }) => membership.templateRevision === templateRevision,
  );
  // One that nobody was made of is not worth going back to.
  const before = { revision: templateRevision, template: old.template };
  return {
    templateRevision: revision,
    newestRevision: Math.max(newestRevision, revision),
    previousTemplate: isInUse ? before : previousTemplate,
  };
}
