import { ApiToken } from "./api-token.ts";
import { builder } from "./builder.ts";
import { commandMutation, cursorOf, type Done, idempotencyKey, inputId } from "./command.ts";
import type { ApiContext } from "./context.ts";
import { Role } from "./enums.ts";
import { globalId } from "./ids.ts";
import { oneOf } from "./named-inputs.ts";
import { hashOf, newSecret } from "./token-secret.ts";

/** Secrets that an operation has drawn, by their hashes: kept until it is answered, and nowhere else. */
const drawn = new WeakMap<ApiContext, Map<string, string>>();

/** Gives back the hash. */
function drawSecret(context: ApiContext): string {
  const secret = newSecret();
  const hash = hashOf(secret);
  const secrets = drawn.get(context) ?? new Map<string, string>();
  drawn.set(context, secrets.set(hash, secret));
  return hash;
}

function tokenOf({ outcome }: Done<"API_TOKEN">, { loaders }: ApiContext) {
  return loaders.entity("ApiToken", outcome.apiTokenId);
}

commandMutation({
  name: "createApiToken",
  description:
    "Makes a token that lets a program in with a role, for one tenant or the whole fleet. Of a tenant's administrator it is always for that tenant.",
  input: builder.inputType("CreateApiTokenInput", {
    fields: (t) => ({
      name: t.string({ required: true }),
      role: t.field({ type: Role, required: true }),
      tenantId: t.id(),
      tenant: t.string({
        description: "For one tenant; when not given, for what you see yourself.",
      }),
      expiresInSeconds: t.float({ description: "Never when not given." }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: builder.objectRef<Done<"API_TOKEN">>("CreateApiTokenPayload").implement({
    fields: (t) => ({
      token: t.field({
        type: ApiToken,
        nullable: true,
        description: "Null when it has been revoked since.",
        resolve: (done, _args, context) => tokenOf(done, context),
      }),
      secret: t.string({
        nullable: true,
        description:
          "What to send as `Authorization: Bearer <secret>`. Shown this once: null when the same is asked for again with its idempotency key.",
        resolve: async (done, _args, context) => {
          const token = await tokenOf(done, context);
          return (token && drawn.get(context)?.get(token.secretHash)) ?? null;
        },
      }),
      cursor: t.field({
        type: "Cursor",
        resolve: (done, _args, context) => cursorOf(done, context),
      }),
    }),
  }),
  outcome: "API_TOKEN",
  toCommand: (input, context) => ({
    kind: "CREATE_API_TOKEN",
    name: input.name,
    role: input.role,
    tenantId:
      oneOf("Tenant", input.tenantId, input.tenant, "tenant", context) ??
      context.principal.tenantId,
    lifetimeSeconds: input.expiresInSeconds ?? null,
    secretHash: drawSecret(context),
    issuedAtMs: Date.now(),
  }),
});

commandMutation({
  name: "revokeApiToken",
  description: "Ends a token at once: whoever is connected with it is disconnected.",
  input: builder.inputType("RevokeApiTokenInput", {
    fields: (t) => ({
      apiTokenId: t.id({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: builder.objectRef<Done<"API_TOKEN">>("RevokeApiTokenPayload").implement({
    fields: (t) => ({
      apiTokenId: t.id({ resolve: ({ outcome }) => globalId("ApiToken", outcome.apiTokenId) }),
      cursor: t.field({
        type: "Cursor",
        resolve: (done, _args, context) => cursorOf(done, context),
      }),
    }),
  }),
  outcome: "API_TOKEN",
  toCommand: ({ apiTokenId }) => ({
    kind: "REVOKE_API_TOKEN",
    apiTokenId: inputId("ApiToken", apiTokenId, "apiTokenId"),
  }),
});
