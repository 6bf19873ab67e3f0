import type { GuestId } from "../model/ids.ts";
import type { TaskKind } from "../model/statuses.ts";
import type { State } from "./state.ts";

/** Migrations move memory: slower than 100 MiB/s is no answer either. */
const MIGRATION_MS_PER_MIB = 10;

/** How long the answer to an order may take, before it is taken for lost. */
export function answerTimeoutMs({ meta, tables }: State, guestId: GuestId, kind: TaskKind): number {
  const patienceMs = meta.settings.actionTimeoutSeconds * 1000;
  const { resources, imageId } = tables.Guest.get(guestId);
  if (kind === "MIGRATE") return patienceMs + resources.memoryMiB * MIGRATION_MS_PER_MIB;
  if (kind !== "START" && kind !== "REBOOT") return patienceMs;
  return patienceMs + (tables.Image.get(imageId).bootSeconds ?? 0) * 1000;
}
