import type { Outcome } from "../../model/commands.ts";
import type { ApiToken } from "../../model/entities.ts";
import type { ApiTokenId, Seq, TenantId } from "../../model/ids.ts";
import { LIMITS, nameProblem } from "../../model/limits.ts";
import type { Context } from "../context.ts";
import { conflict, invalid, notFound } from "../refusal.ts";
import type { Of } from "./verb.ts";

/** Names are unique among the tokens of a tenant, or of the fleet: events tell who did what by them. */
export function createApiToken(ctx: Context, command: Of<"CREATE_API_TOKEN">): Outcome {
  const { name, role, tenantId, lifetimeSeconds, issuedAtMs, secretHash } = command;
  const { ApiToken, Tenant } = ctx.state.tables;
  const bad = nameProblem(name);
  if (bad) throw invalid(`The name ${bad}.`, ["name"]);
  if (tenantId !== null && !Tenant.find(tenantId))
    throw notFound("There is no such tenant.", ["tenantId"]);
  checkLifetime(lifetimeSeconds);
  const isTaken = (token: ApiToken) => token.name === name && token.tenantId === tenantId;
  if (ApiToken.sorted().some(isTaken))
    throw conflict(`There is an API token ${name} already; revoke it first.`, ["name"]);
  const token = ctx.newId<ApiTokenId>();
  const expiresAtMs = lifetimeSeconds === null ? null : issuedAtMs + lifetimeSeconds * 1000;
  const issued = { createdAtMs: issuedAtMs, expiresAtMs };
  const definition = { id: token, name, role, tenantId, secretHash, ...issued };
  ctx.emitAsActor("ApiTokenCreated", { token, role, tenant: tenantId, definition }, null);
  return { kind: "API_TOKEN", apiTokenId: token };
}

function checkLifetime(seconds: number | null): void {
  if (seconds === null || (seconds > 0 && seconds <= LIMITS.tokenSeconds)) return;
  throw invalid(`A token lives for more than 0 and at most ${LIMITS.tokenSeconds} seconds.`, [
    "expiresInSeconds",
  ]);
}

export function revokeApiToken(ctx: Context, { apiTokenId }: Of<"REVOKE_API_TOKEN">): Outcome {
  const token = ctx.state.tables.ApiToken.find(apiTokenId);
  if (!token) throw notFound("There is no such API token.", ["apiTokenId"]);
  revoke(ctx, token, null);
  return { kind: "API_TOKEN", apiTokenId };
}

/** Whoever has them has nothing to see any more. */
export function revokeTokensOf(ctx: Context, tenantId: TenantId, causeSeq: Seq | null): void {
  for (const token of ctx.state.tables.ApiToken.sorted())
    if (token.tenantId === tenantId) revoke(ctx, token, causeSeq);
}

function revoke(ctx: Context, { id, name, tenantId }: ApiToken, causeSeq: Seq | null): void {
  ctx.emitAsActor("ApiTokenRevoked", { token: id, name, tenant: tenantId }, causeSeq);
}
