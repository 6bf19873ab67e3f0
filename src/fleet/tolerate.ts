import type { Tolerance } from "../model/statuses.ts";
import { oneOf } from "./schema-kinds.ts";

/** The loss that room is kept free for, in the words of a document. */
const WORDS = {
  nothing: "NOTHING",
  "1 host": "HOST",
  "1 rack": "RACK",
  "1 zone": "ZONE",
} as const satisfies Record<string, Tolerance>;
export type TolerateWord = keyof typeof WORDS;

export const TOLERATE = oneOf(Object.keys(WORDS), {
  description:
    "Admission control: room for the guests of any one such thing that is lost is kept free, and a start that would take it waits.",
  default: "nothing",
});

export function toleranceOf(word: TolerateWord): Tolerance {
  return WORDS[word];
}
