import { sql } from "drizzle-orm";
import type { HostPower as HostPowerValue } from "../src/model/entities.ts";
import type { Reason as ReasonValue } from "../src/model/reasons.ts";
import { HOST_POWER_PHASES } from "../src/model/statuses.ts";
import { builder } from "./builder.ts";
import type { ApiContext } from "./context.ts";
import { HostPowerVerb, Opinion, ShutdownPolicy } from "./enums.ts";
import { Guest } from "./guest.ts";
import { Host } from "./host.ts";
import type { Row } from "./loaders.ts";
import { Reason } from "./reason.ts";
import { VOLATILE } from "./volatile.ts";
import { type HostFacts, whyNotInService, whySilent } from "./why-host.ts";

/** Whether a host is in service, what was asked of it, and why it is not as one might wish. */

const HostPowerPhase = builder.enumType("HostPowerPhase", {
  description:
    "EMPTYING: its guests stop or move away. SWITCHING: its driver was told. BOOTING: it is on its way up. OFF: until powerOnHost.",
  values: HOST_POWER_PHASES,
});

const HostPowerRequest = builder.objectRef<HostPowerValue>("HostPowerRequest").implement({
  description: "A reboot, shutdown or start of a host by request, or its standby.",
  fields: (t) => ({
    verb: t.expose("verb", { type: HostPowerVerb }),
    policy: t.expose("policy", {
      type: ShutdownPolicy,
      description: "What becomes of its guests; CONDITIONAL is resolved by now.",
    }),
    phase: t.expose("phase", { type: HostPowerPhase }),
    since: t.field({ type: "DateTime", resolve: ({ sinceMs }) => sinceMs }),
  }),
});

/** The guests of a host that is to be emptied; of another one nobody asks. */
function leavers(host: Row<"Host">, { db }: ApiContext): Pick<HostFacts, "guestsHere" | "stuck"> {
  if (host.status !== "DRAINING") return { guestsHere: 0, stuck: [] };
  const rows = db.all<{ name: string; stays: string; waits: string }>(
    sql`SELECT name, move_blocked_by AS stays, blocked_by AS waits FROM guests WHERE host_id = ${host.id} ORDER BY id`,
  );
  const stuck = rows
    .map(({ name, stays, waits }) => {
      const moveBlockedBy = JSON.parse(stays) as ReasonValue[];
      const reasons = moveBlockedBy.length > 0 ? [] : (JSON.parse(waits) as ReasonValue[]);
      // What is merely under way is over soon.
      return { name, moveBlockedBy, blockedBy: reasons.filter(isDriverError) };
    })
    .filter(({ moveBlockedBy, blockedBy }) => moveBlockedBy.length + blockedBy.length > 0);
  return { guestsHere: rows.length, stuck };
}

function isDriverError({ code }: ReasonValue): boolean {
  return code === "DRIVER_ERROR";
}

async function factsOf(host: Row<"Host">, context: ApiContext): Promise<HostFacts> {
  return {
    host,
    zone: await context.loaders.owner("Zone", host.zoneId),
    fleet: await context.loaders.fleetFacts(),
    ...leavers(host, context),
  };
}

builder.drizzleObjectFields(Host, (t) => ({
  maintenance: t.exposeBoolean("maintenance", {
    description: "Asked to be free of guests; stays so until it is asked back (setMaintenance).",
  }),
  powerRequest: t.field({
    type: HostPowerRequest,
    nullable: true,
    description: "What is being done with its power by request; null when nothing is.",
    resolve: (host) => host.power,
  }),
  opinion: t.expose("opinion", {
    type: Opinion,
    nullable: true,
    description: "What a second opinion said during the present silence; null when there is none.",
  }),
  watchdogOn: t.boolean({
    resolve: ({ watchdogMs }) => watchdogMs !== null,
    description:
      "Its watchdog is known to be on: if it is cut off, the passing of time proves its guests dead.",
  }),
  flaps: t.exposeInt("flaps", {
    description: "Losses of contact in a row, none of them long after the one before.",
  }),
  heldUntil: t.field({
    type: "DateTime",
    nullable: true,
    description: "It flapped, or answers no start: no guests are given to it before this.",
    resolve: (host) => host.heldUntilMs,
  }),
  overloadedSince: t.field({
    type: "DateTime",
    nullable: true,
    description:
      "Since when its guests have asked for more CPU than it should give (`balanceAtUtilization`), as balancing last found it; null when they do not, or `balancing` is OFF.",
    resolve: (host) => host.overload?.sinceMs ?? null,
  }),
  unansweredSince: t.field({
    type: "DateTime",
    nullable: true,
    description:
      "It is in contact, and has not answered the start of a guest that it was given at this time.",
    resolve: (host) => host.unansweredSinceMs,
  }),
  reasons: t.field({
    type: [Reason],
    description:
      "Why it is not up, or gets no guests although it is, or only those that find no other; empty when it is in service.",
    extensions: VOLATILE,
    resolve: async (host, _args, context) =>
      whyNotInService(await factsOf(host, context), context.runtime.nowMs()),
  }),
}));

async function silenceOf(guest: Row<"Guest">, context: ApiContext): Promise<ReasonValue[]> {
  const host = await context.loaders.entity("Host", guest.hostId);
  if (host?.status !== "SUSPECT" && host?.status !== "FENCING") return [];
  return whySilent(await factsOf(host, context));
}

/** Between its loss and the search for a place there is a moment in which more hosts may be lost. */
function aboutToBePlaced({ status, blockedBy, retryAtMs }: Row<"Guest">): ReasonValue[] {
  if (status !== "LOST" || blockedBy.length > 0 || retryAtMs !== null) return [];
  const message =
    "a place is looked for in a moment, for guests of all hosts that are being fenced at once";
  return [{ code: "IN_PROGRESS", message }];
}

builder.drizzleObjectFields(Guest, (t) => ({
  blockedBy: t.field({
    type: [Reason],
    description:
      "Why it is not in its desired state; empty when it is. While its host is silent, nobody knows whether it is, and this says what is waited for.",
    resolve: async (guest, _args, context) => [
      ...guest.blockedBy,
      ...aboutToBePlaced(guest),
      ...(await silenceOf(guest, context)),
    ],
  }),
  moveBlockedBy: t.expose("moveBlockedBy", {
    type: [Reason],
    description:
      "Why it stays where it is although something wants it elsewhere (maintenance, failback, a rule); empty when nothing does, or it can.",
  }),
}));
