import type { ApiTokenId } from "../../model/ids.ts";
import type { Principal } from "../../model/principals.ts";

/** Somebody who was let in. */
export interface Session {
  readonly principal: Principal;
  /** By the world's clock; null: the credentials do not expire. */
  readonly expiresAtMs: number | null;
  /** The API token that it came with; null for other credentials. */
  readonly apiTokenId: ApiTokenId | null;
}

/** The credentials let nobody in; the message is for whoever sent them. */
export class Unauthenticated extends Error {}

/** Nobody is asked who they are where only this machine can ask. */
export const LOCAL_SESSION: Session = {
  principal: { name: "local", role: "ADMIN", tenantId: null },
  expiresAtMs: null,
  apiTokenId: null,
};
