import type { Principal } from "../../model/principals.ts";
import type { TrustedDocuments } from "../trusted-documents.ts";
import { admit, type Candidate, type CostReport } from "./admission.ts";
import { Connections } from "./connections.ts";
import { tooMuch } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { Rate } from "./rate.ts";

/** What everybody has to pass, whichever way they come: HTTP, streams of events, WebSockets. */
export class Gate {
  readonly limits: Limits;
  readonly documents: TrustedDocuments;
  readonly #rate: Rate;
  readonly #connections: Connections;

  constructor(limits: Limits, documents: TrustedDocuments) {
    this.limits = limits;
    this.documents = documents;
    this.#rate = new Rate(limits.operationsPerSecond, limits.operationsBurst);
    this.#connections = new Connections(limits.maxConnections);
  }

  /** Asked for each operation, before anything is done for it: null, or the milliseconds to wait. */
  mustWaitMs(principal: Principal): number | null {
    return this.#rate.take(keyOf(principal));
  }

  /** For a connection that stays: what is to be called once when it is closed; null for one too many. */
  enter(principal: Principal): (() => void) | null {
    return this.#connections.enter(keyOf(principal));
  }

  /** `open` counts this one. Throws a GraphQLError. */
  checkSubscriptions(open: number): void {
    const max = this.limits.maxSubscriptions;
    if (open <= max) return;
    throw tooMuch("TOO_MANY_SUBSCRIPTIONS", "This connection has operations enough under way", {
      max,
    });
  }

  /** For a valid operation, before it is executed or begins. Throws a GraphQLError. */
  admit(candidate: Candidate, principal: Principal): CostReport {
    return admit(candidate, principal, this.limits);
  }
}

/** Names are unique only among the principals of one tenant, or of the fleet. */
function keyOf({ name, tenantId }: Principal): string {
  return `${tenantId ?? "*"} ${name}`;
}
