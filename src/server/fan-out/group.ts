import type { Seq } from "../../model/ids.ts";
import type { Feed } from "../../runtime/ports.ts";
import type { Hub } from "./hub.ts";
import type { Member } from "./member.ts";
import type { Turns } from "./turns.ts";

/** All who subscribe to the same, and what is made once for them. */
export interface Group {
  /** Gives the member what there is for it and what comes, until it has to leave. */
  serve(member: Member): Promise<void>;
  /** Where in the log a member is; null where it is not the log that is told. */
  placeOf(member: Member): Place | null;
}

export interface Place {
  readonly position: Seq;
  /** It is with the others, whatever was for it lately. */
  readonly isLive: boolean;
}

export interface GroupParts {
  /** The whole log: what is told of it is for each operation to say. */
  readonly feed: Feed;
  readonly hub: Hub;
  /** What is at the live edge does not wait for those who are on the way there. */
  readonly turns: { readonly live: Turns; readonly replay: Turns };
  /** A result is made, for however many. */
  readonly onResult: () => void;
}
