import type { ErrorCode } from "./statuses.ts";

/** One mistake in a document: where it stands and what is wrong with it. Lines and columns count from 1. */
export interface Problem {
  readonly message: string;
  /** Keys and indices from the document's root: `["guests", "3", "flavor"]`. */
  readonly path: readonly string[];
  readonly line?: number;
  readonly column?: number;
}

/** A command that was refused. Nothing has changed. */
export interface Rejection {
  readonly code: ErrorCode;
  readonly message: string;
  /** The input field that is to blame; empty when it is none in particular. */
  readonly path: readonly string[];
  /** All mistakes found, for inputs that can hold many. */
  readonly problems?: readonly Problem[];
  /** Said instead to whoever sees one tenant only, where the message tells of what others have. */
  readonly messageForTenants?: string;
}
