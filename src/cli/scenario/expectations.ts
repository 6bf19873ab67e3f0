/** Whether the fleet is as a scenario says, asked through the public API. */
import { orList } from "../../fleet/value-words.ts";
import { ask } from "../request.ts";
import type { Expectation } from "./shape.ts";

interface Reason {
  readonly code: string;
  readonly message: string;
}
interface Place {
  readonly name: string;
  readonly rack: { readonly name: string } | null;
  readonly dataCenter: { readonly name: string };
  readonly zone: { readonly name: string };
}
interface Guest {
  readonly status: string;
  readonly host: Place | null;
  readonly blockedBy: readonly Reason[];
}

/** What a thing that does not exist has for a status. */
const GONE = "GONE";

/** One sentence for each expectation that is not met. */
export async function unmet(url: string, expected: readonly Expectation[]): Promise<string[]> {
  const problems: string[] = [];
  for (const one of expected) problems.push(...(await check(url, one)));
  return problems;
}

function check(url: string, expected: Expectation): Promise<string[]> {
  if (expected.guest !== undefined) return checkGuest(url, expected.guest, expected);
  if (expected.host !== undefined) return checkStatus(url, "host", expected.host, expected);
  if (expected.zone !== undefined) return checkStatus(url, "zone", expected.zone, expected);
  return checkCompany(url, expected);
}

async function checkGuest(url: string, name: string, expected: Expectation): Promise<string[]> {
  const guest = await findGuest(url, name);
  const reasons = (guest?.blockedBy ?? []).map(({ code, message }) => `${code}: ${message}`);
  const is = `guest ${name} is ${guest?.status ?? GONE}${guest?.host ? ` on ${guest.host.name}` : ""}${
    reasons.length > 0 ? ` (${reasons.join("; ")})` : ""
  }`;
  const { on, because } = expected;
  const wrong = statusProblems(guest?.status ?? GONE, expected);
  if (on && !on.includes(guest?.host?.name ?? "")) wrong.push(`not on ${orList(on)}`);
  if (because !== undefined && !reasons.some((reason) => reason.includes(because))) {
    wrong.push(`not because of "${because}"`);
  }
  return wrong.length > 0 ? [`${is}, ${wrong.join(", ")}`] : [];
}

async function checkStatus(
  url: string,
  noun: "host" | "zone",
  name: string,
  expected: Expectation,
): Promise<string[]> {
  const { found } = await ask<{ found: { status: string } | null }>(
    url,
    `query ($name: String!) { found: ${noun}(name: $name) { status } }`,
    { name },
  );
  const status = found?.status ?? GONE;
  const wrong = statusProblems(status, expected);
  return wrong.length > 0 ? [`${noun} ${name} is ${status}, ${wrong.join(", ")}`] : [];
}

function statusProblems(status: string, { status: wanted, not }: Expectation): string[] {
  const wrong = wanted !== undefined && status !== wanted ? [`not ${wanted}`] : [];
  return status === not ? [...wrong, "which it must not be"] : wrong;
}

/** Guests that are nowhere are neither together nor apart, and so are wrong in both. */
async function checkCompany(url: string, expected: Expectation): Promise<string[]> {
  const names = expected.together ?? expected.apart ?? [];
  const places: (string | null)[] = [];
  for (const name of names) {
    const host = (await findGuest(url, name))?.host;
    places.push(host ? placeOf(host, expected.scope ?? "HOST") : null);
  }
  const different = new Set(places).size;
  const right = expected.together ? different === 1 : different === names.length;
  if (right && !places.includes(null)) return [];
  const told = names.map((name, index) => `${name} on ${places[index] ?? "nothing"}`).join(", ");
  return [`${told}: not ${expected.together ? "together" : "apart"}`];
}

function placeOf(host: Place, scope: "HOST" | "RACK" | "ZONE"): string {
  if (scope === "HOST") return host.name;
  if (scope === "ZONE") return host.zone.name;
  // A host without a rack shares none.
  return `${host.zone.name}/${host.dataCenter.name}/${host.rack?.name ?? host.name}`;
}

async function findGuest(url: string, text: string): Promise<Guest | null> {
  const [tenant, name] = text.includes("/") ? text.split("/") : ["default", text];
  const { guest } = await ask<{ guest: Guest | null }>(
    url,
    `query ($name: String!, $tenant: String!) {
      guest(name: $name, tenant: $tenant) {
        status
        host { name rack { name } dataCenter { name } zone { name } }
        blockedBy { code message }
      }
    }`,
    { name, tenant },
  );
  return guest;
}
