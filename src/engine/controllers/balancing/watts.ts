import type { Host } from "../../../model/entities.ts";

export function idleWatts(_host: Host): number {
  return 93.7;
}
