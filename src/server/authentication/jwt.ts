import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { ROLES, type Role } from "../../model/principals.ts";
import { Unauthenticated } from "./session.ts";
import type { JwtSettings } from "./settings.ts";

/** What a token says, once it is known to be genuine. */
export interface Claims {
  readonly name: string;
  readonly role: Role;
  /** Null: the whole fleet. */
  readonly tenant: string | null;
  readonly expiresAtMs: number;
}

export type JwtVerifier = (token: string) => Promise<Claims>;

/** What a key set may sign with: no shared secrets, and never "none". */
const KEY_SET_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/** Verifies JSON Web Tokens (RFC 7519). The verifier throws `Unauthenticated`. */
export function jwtVerifier(settings: JwtSettings, onError: (error: unknown) => void): JwtVerifier {
  const { secret, jwksUrl, issuer, audience, clockToleranceSeconds } = settings;
  const options = {
    algorithms: secret === null ? KEY_SET_ALGORITHMS : ["HS256"],
    clockTolerance: clockToleranceSeconds,
    // One that lives for ever could be revoked by nobody.
    requiredClaims: ["sub", "exp"],
    ...(issuer !== null && { issuer }),
    ...(audience !== null && { audience }),
  };
  const keys = jwksUrl === null ? null : createRemoteJWKSet(new URL(jwksUrl));
  const secretKey = secret === null ? null : new TextEncoder().encode(secret);
  return async (token) => {
    try {
      const { payload } = keys
        ? await jwtVerify(token, keys, options)
        : await jwtVerify(token, secretKey as Uint8Array, options);
      return claimsOf(payload, settings);
    } catch (error) {
      if (error instanceof Unauthenticated) throw error;
      throw new Unauthenticated(whatIsWrong(error, onError));
    }
  };
}

function whatIsWrong(error: unknown, onError: (error: unknown) => void): string {
  if (error instanceof errors.JWTExpired) return "The token has expired.";
  if (error instanceof errors.JWTClaimValidationFailed)
    return `The token's claim '${error.claim}' is not as it must be here.`;
  const isTheirs =
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    error.code !== "ERR_JOSE_GENERIC";
  if (isTheirs) return "The token is not valid.";
  // The keys could not be had, of which the operator must hear.
  onError(error);
  return "The token cannot be checked now.";
}

function claimsOf(payload: JWTPayload, settings: JwtSettings): Claims {
  const { sub = "", exp = 0 } = payload;
  if (sub === "") throw new Unauthenticated("The token's claim 'sub' is not as it must be here.");
  const role = roleOf(payload[settings.roleClaim]);
  if (!role)
    throw new Unauthenticated(
      `The token's claim '${settings.roleClaim}' has none of the roles ${ROLES.join(", ")}.`,
    );
  const expiresAtMs = (exp + settings.clockToleranceSeconds) * 1000;
  return { name: sub, role, tenant: tenantOf(payload, settings.tenantClaim), expiresAtMs };
}

/** The highest, where an issuer gives a list. */
function roleOf(claim: unknown): Role | undefined {
  const given: unknown[] = Array.isArray(claim) ? claim : [claim];
  return ROLES.findLast((role) => given.includes(role));
}

function tenantOf(payload: JWTPayload, claim: string): string | null {
  const tenant = payload[claim];
  if (tenant === undefined || tenant === null) return null;
  if (typeof tenant === "string" && tenant !== "") return tenant;
  throw new Unauthenticated(`The token's claim '${claim}' is not the name of a tenant.`);
}
