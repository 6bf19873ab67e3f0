import { createHash, randomBytes } from "node:crypto";

/** What the secrets of API tokens begin with, so that people and scanners know one when they see it. */
export const TOKEN_PREFIX = "evk_";
const SECRET_BYTES = 32;

export function newSecret(): string {
  return TOKEN_PREFIX + randomBytes(SECRET_BYTES).toString("base64url");
}

/** As it is stored: from 256 bits of chance, a plain hash leads nobody back. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
