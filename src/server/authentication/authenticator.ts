import { timingSafeEqual } from "node:crypto";
import type { Statement } from "better-sqlite3";
import { hashOf, TOKEN_PREFIX } from "../../../schema/token-secret.ts";
import type { ApiTokenId, TenantId } from "../../model/ids.ts";
import type { Role } from "../../model/principals.ts";
import type { Runtime } from "../../runtime/ports.ts";
import { type JwtVerifier, jwtVerifier } from "./jwt.ts";
import { LOCAL_SESSION, type Session, Unauthenticated } from "./session.ts";
import type { AuthenticationSettings } from "./settings.ts";

interface TokenRow {
  readonly id: ApiTokenId;
  readonly name: string;
  readonly role: Role;
  readonly tenantId: TenantId | null;
  readonly expiresAtMs: number | null;
}

export interface AuthenticatorParts {
  readonly runtime: Runtime;
  /** Null: whoever shows no credentials is an administrator. */
  readonly settings: AuthenticationSettings | null;
  readonly onError: (error: unknown) => void;
}

/** Tells who somebody is by what they show. */
export class Authenticator {
  readonly #isAsked: boolean;
  readonly #verifyJwt: JwtVerifier | null;
  readonly #adminTokenHash: string | null;
  readonly #tokenByHash: Statement<[string], TokenRow>;
  readonly #tenantByName: Statement<[string], TenantId>;

  constructor({ runtime, settings, onError }: AuthenticatorParts) {
    const { sqlite } = runtime.queries.reader;
    this.#isAsked = settings !== null;
    this.#verifyJwt = settings?.jwt ? jwtVerifier(settings.jwt, onError) : null;
    this.#adminTokenHash = settings?.adminToken ? hashOf(settings.adminToken) : null;
    this.#tokenByHash = sqlite.prepare(
      `SELECT id, name, role, tenant_id AS tenantId, expires_at_ms AS expiresAtMs
       FROM api_tokens WHERE secret_hash = ?`,
    );
    this.#tenantByName = sqlite
      .prepare<[string], TenantId>("SELECT id FROM tenants WHERE name = ?")
      .pluck();
  }

  /** Nobody is let in without credentials. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** `authorization` is as in HTTP's header; null where there is none. Throws `Unauthenticated`. */
  async authenticate(authorization: string | null): Promise<Session> {
    const credentials = bearerOf(authorization);
    if (credentials === null) {
      if (!this.#isAsked) return LOCAL_SESSION;
      throw new Unauthenticated("Send credentials as 'Authorization: Bearer <token>'.");
    }
    if (this.#isAdminToken(credentials))
      return { ...LOCAL_SESSION, principal: { ...LOCAL_SESSION.principal, name: "admin" } };
    return credentials.startsWith(TOKEN_PREFIX)
      ? this.#byApiToken(credentials)
      : await this.#byJwt(credentials);
  }

  #isAdminToken(credentials: string): boolean {
    if (this.#adminTokenHash === null) return false;
    return timingSafeEqual(Buffer.from(hashOf(credentials)), Buffer.from(this.#adminTokenHash));
  }

  #byApiToken(secret: string): Session {
    const token = this.#tokenByHash.get(hashOf(secret));
    // That it was one once is nobody's business.
    if (!token) throw new Unauthenticated("The token is not valid.");
    const { id, name, role, tenantId, expiresAtMs } = token;
    if (expiresAtMs !== null && expiresAtMs <= Date.now())
      throw new Unauthenticated("The token has expired.");
    return { principal: { name, role, tenantId }, expiresAtMs, apiTokenId: id };
  }

  async #byJwt(token: string): Promise<Session> {
    if (!this.#verifyJwt) throw new Unauthenticated("The token is not valid.");
    const { name, role, tenant, expiresAtMs } = await this.#verifyJwt(token);
    const tenantId = tenant === null ? null : this.#tenantByName.get(tenant);
    if (tenantId === undefined) throw new Unauthenticated("The token is of no tenant here.");
    return { principal: { name, role, tenantId }, expiresAtMs, apiTokenId: null };
  }
}

/** Other schemes are other programs' business, such as a proxy's. */
function bearerOf(authorization: string | null): string | null {
  const [, credentials = null] = /^Bearer +(\S+) *$/i.exec(authorization ?? "") ?? [];
  return credentials;
}
