import { BadConfiguration } from "../bad-configuration.ts";
import { isLoopback } from "../loopback.ts";

/** How those who ask prove who they are, beside API tokens. */
export interface AuthenticationSettings {
  readonly jwt: JwtSettings | null;
  /** Whoever has it is an administrator of the whole fleet; null: nobody is by this way. */
  readonly adminToken: string | null;
}

export interface JwtSettings {
  /** Exactly one of the two is given. */
  readonly secret: string | null;
  readonly jwksUrl: string | null;
  /** Null: any. */
  readonly issuer: string | null;
  readonly audience: string | null;
  readonly roleClaim: string;
  readonly tenantClaim: string;
  /** How far apart this machine's clock and the issuer's may be. */
  readonly clockToleranceSeconds: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** As long as what HS256 makes of it (RFC 7518, section 3.2). */
const MIN_SECRET_BYTES = 32;
const DEFAULT_TOLERANCE_SECONDS = 5;
const MAX_TOLERANCE_SECONDS = 300;

/** Null: nothing is asked, which is for this machine alone. Throws `BadConfiguration`. */
export function readAuthentication(env: Environment): AuthenticationSettings | null {
  const text = (name: string) => env[name]?.trim() || null;
  const mode = text("AUTH");
  if (mode !== null && mode !== "tokens")
    throw new BadConfiguration(
      `AUTH=${mode} is not known; AUTH=tokens lets nobody in without one.`,
    );
  const adminToken = secretOf("AUTH_ADMIN_TOKEN", text("AUTH_ADMIN_TOKEN"));
  const jwt = readJwt(text);
  return mode === null && adminToken === null && jwt === null ? null : { jwt, adminToken };
}

function readJwt(text: (name: string) => string | null): JwtSettings | null {
  const secret = secretOf("AUTH_JWT_SECRET", text("AUTH_JWT_SECRET"));
  const jwksUrl = keySetUrl(text("AUTH_JWKS_URL"));
  if (secret !== null && jwksUrl !== null)
    throw new BadConfiguration("Give AUTH_JWT_SECRET or AUTH_JWKS_URL, not both.");
  if (secret === null && jwksUrl === null) return null;
  return {
    secret,
    jwksUrl,
    issuer: text("AUTH_JWT_ISSUER"),
    audience: text("AUTH_JWT_AUDIENCE"),
    roleClaim: text("AUTH_ROLE_CLAIM") ?? "role",
    tenantClaim: text("AUTH_TENANT_CLAIM") ?? "tenant",
    clockToleranceSeconds: tolerance(text("AUTH_CLOCK_TOLERANCE_SECONDS")),
  };
}

/** The message does not tell the secret. */
function secretOf(name: string, secret: string | null): string | null {
  if (secret === null || Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return secret;
  throw new BadConfiguration(
    `${name} has ${Buffer.byteLength(secret)} bytes, which can be guessed; give it ${MIN_SECRET_BYTES} or more, such as from 'openssl rand -hex 32'.`,
  );
}

/** Whoever can change the keys on their way can let anybody in. */
function keySetUrl(text: string | null): string | null {
  if (text === null) return null;
  const url = URL.parse(text);
  const isSafe =
    url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(hostOf(url)));
  if (isSafe) return text;
  throw new BadConfiguration(
    `AUTH_JWKS_URL=${text} is not an address such as https://id.example/.well-known/jwks.json.`,
  );
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function tolerance(text: string | null): number {
  if (text === null) return DEFAULT_TOLERANCE_SECONDS;
  const seconds = Number(text);
  if (seconds >= 0 && seconds <= MAX_TOLERANCE_SECONDS) return seconds;
  throw new BadConfiguration(
    `AUTH_CLOCK_TOLERANCE_SECONDS=${text} is not a number from 0 to ${MAX_TOLERANCE_SECONDS}.`,
  );
}
