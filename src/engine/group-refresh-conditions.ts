import type { GroupRefresh } from "../model/group-refresh.ts";
import type { Membership } from "../model/scaling.ts";

/** A refresh is to replace it: it is of another template, or was there before; of a template that is taken back. */
export function isStale(
  { templateRevision, number }: Membership,
  { status, toRevision, firstNumber, skipMatching }: GroupRefresh,
): boolean {
  if (status === "ROLLING_BACK") return templateRevision === toRevision;
  return skipMatching ? templateRevision !== toRevision : number < firstNumber;
}
