import { MAX_DOCUMENT_BYTES } from "../../../schema/apply-fleet.ts";
import { ROLES, type Role } from "../../model/principals.ts";

/** How much anybody may ask for. `docs/operating.md` says which variable sets which. */
export interface Limits {
  /** Of one document, before it is parsed any further. */
  readonly maxTokens: number;
  /** Levels of fields, fragments unfolded. */
  readonly maxDepth: number;
  /** Fields of a document that ask for something again, under an alias or not. */
  readonly maxAliases: number;
  /** Directives of a document. */
  readonly maxDirectives: number;
  /** Of one operation; `cost.ts` has the formula. */
  readonly maxCost: number;
  readonly maxBodyBytes: number;
  /** Of one WebSocket message, its fragments together. */
  readonly maxFrameBytes: number;
  /** WebSockets, streams of events and other requests that one principal has under way. */
  readonly maxConnections: number;
  /** Operations under way on one WebSocket. */
  readonly maxSubscriptions: number;
  /** Of one principal, on the average. */
  readonly operationsPerSecond: number;
  /** Of one principal, at once after a pause. */
  readonly operationsBurst: number;
  /** How long a WebSocket may take to say who it is. */
  readonly connectionInitMs: number;
  /** Other sites whose pages may use the API, such as `https://console.example`. */
  readonly allowedOrigins: readonly string[];
  /** Who may read the schema from the server, and be helped with names. */
  readonly introspection: readonly Role[];
  /** Nothing is executed but documents that the operator has put there. */
  readonly trustedDocumentsOnly: boolean;
}

export const DEFAULT_LIMITS: Limits = {
  maxTokens: 4_000,
  maxDepth: 40,
  maxAliases: 100,
  maxDirectives: 100,
  maxCost: 100_000,
  // The largest fleet document, and what JSON's escapes and the rest of the request add to it.
  maxBodyBytes: MAX_DOCUMENT_BYTES + 1024 * 1024,
  // Operations are short; documents that are not come over HTTP.
  maxFrameBytes: 1024 * 1024,
  maxConnections: 10_000,
  maxSubscriptions: 100,
  operationsPerSecond: 1_000,
  // All listeners of one principal come back at once after a restart.
  operationsBurst: 10_000,
  connectionInitMs: 3_000,
  allowedOrigins: [],
  introspection: ROLES,
  trustedDocumentsOnly: false,
};
