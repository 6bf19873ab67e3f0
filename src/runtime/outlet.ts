import type { Seq } from "../model/ids.ts";
import type { ClockAnchor } from "./clock.ts";
import type { Health } from "./ports.ts";

/** All that the writer ever tells the API's side, beside the answers to commands. */
export interface Outlet {
  /** The log has grown: told before the commands of the batch are answered. */
  committed(headSeq: Seq, nowMs: number): void;
  /** The clock was set anew. */
  clock(anchor: ClockAnchor): void;
  health(health: Health): void;
  /** For the operator's log. */
  log(text: string): void;
  /** The writer has come to its end and answers nothing any more. */
  fatal(error: Error): void;
}
