import type { DriverName } from "./statuses.ts";

/** Who made something happen: a principal's name is what authentication says it is. */
export type Actor =
  | { readonly kind: "ENGINE" }
  | { readonly kind: "DRIVER"; readonly name: DriverName }
  | { readonly kind: "PRINCIPAL"; readonly name: string };

export const ENGINE: Actor = { kind: "ENGINE" };

/** The log's one-column form: `ENGINE`, `DRIVER:simulated`, `PRINCIPAL:alice`. */
export function formatActor(actor: Actor): string {
  return actor.kind === "ENGINE" ? "ENGINE" : `${actor.kind}:${actor.name}`;
}

export function parseActor(text: string): Actor {
  const colon = text.indexOf(":");
  if (colon < 0) return ENGINE;
  const name = text.slice(colon + 1);
  return text.startsWith("DRIVER:")
    ? { kind: "DRIVER", name: name as DriverName }
    : { kind: "PRINCIPAL", name };
}
