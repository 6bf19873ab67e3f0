import type { Observation } from "../model/actions.ts";
import type { Actor } from "../model/actors.ts";
import type { Command, Outcome } from "../model/commands.ts";
import type { FleetEvent } from "../model/events.ts";
import type { Rejection } from "../model/rejections.ts";
import type { AnyDriverName } from "../model/statuses.ts";

/** All that can make the engine decide. Time is in none of them: it comes in beside the input. */
export type Input =
  | { readonly kind: "COMMAND"; readonly command: Command; readonly actor: Actor }
  | {
      readonly kind: "OBSERVATION";
      readonly observation: Observation;
      readonly driver: AnyDriverName;
    }
  /** Something was due. */
  | { readonly kind: "TICK" };

/** What came of an input: facts, and for a command its outcome or why it was refused. */
export interface Decision {
  readonly events: readonly FleetEvent[];
  readonly outcome: Outcome | null;
  readonly rejection: Rejection | null;
}
