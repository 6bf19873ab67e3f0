import type { Principal } from "../../model/principals.ts";

/** Metrics tell how busy everybody is, so they are not for a tenant's principals. */
export function mayReadMetrics({ tenantId }: Principal): boolean {
  return tenantId === null;
}
