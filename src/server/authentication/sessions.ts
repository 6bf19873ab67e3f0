import type { FleetEvent } from "../../model/events.ts";
import type { Runtime } from "../../runtime/ports.ts";
import type { Session } from "./session.ts";

interface Held {
  readonly session: Session;
  readonly end: (why: string) => void;
  timer: NodeJS.Timeout | null;
}

const NEVER_ENDS = () => {};

/** Longer than this, timers of Node can't wait. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Connections that stay, and what ends them before their clients do: their credentials expire, the API
 * token is revoked, or the tenant is gone. The last two are read from the log, while anybody is held whom
 * they could concern.
 */
export class Sessions {
  readonly #runtime: Runtime;
  readonly #onError: (error: unknown) => void;
  readonly #held = new Set<Held>();
  /** How many of those are held whom the log could concern. */
  #revocable = 0;
  #watch: AbortController | null = null;

  constructor(runtime: Runtime, onError: (error: unknown) => void) {
    this.#runtime = runtime;
    this.#onError = onError;
  }

  /** `end` is called once, perhaps at once, unless what is given back is called before. */
  hold(session: Session, end: (why: string) => void): () => void {
    if (!isRevocable(session) && session.expiresAtMs === null) return NEVER_ENDS;
    const held: Held = { session, end, timer: null };
    this.#held.add(held);
    this.#expireInTime(held);
    if (isRevocable(session)) {
      this.#revocable++;
      this.#startWatching();
      // It may have been revoked since it was let in.
      const why = this.#whyOver(session);
      if (why !== null) this.#end(held, why);
    }
    return () => this.#release(held);
  }

  #expireInTime(held: Held): void {
    const { expiresAtMs } = held.session;
    if (expiresAtMs === null) return;
    const leftMs = expiresAtMs - Date.now();
    held.timer = setTimeout(
      () => {
        if (leftMs > LONGEST_MS) this.#expireInTime(held);
        else this.#end(held, "The token has expired");
      },
      Math.min(Math.max(leftMs, 0), LONGEST_MS),
    );
    held.timer.unref();
  }

  #end(held: Held, why: string): void {
    if (!this.#held.has(held)) return;
    this.#release(held);
    held.end(why);
  }

  #release(held: Held): void {
    if (!this.#held.delete(held)) return;
    if (held.timer) clearTimeout(held.timer);
    if (!isRevocable(held.session) || --this.#revocable > 0) return;
    this.#watch?.abort();
    this.#watch = null;
  }

  #whyOver({ apiTokenId, principal }: Session): string | null {
    const { reader } = this.#runtime.queries;
    if (apiTokenId !== null && reader.glance("ApiToken", apiTokenId) === null) return REVOKED;
    const { tenantId } = principal;
    return tenantId !== null && reader.glance("Tenant", tenantId) === null ? TENANT_GONE : null;
  }

  #startWatching(): void {
    if (this.#watch) return;
    const watch = new AbortController();
    this.#watch = watch;
    this.#follow(watch.signal).catch((error: unknown) => {
      this.#onError(error);
      // What can't be watched over is ended: its client comes back, and is asked again who it is.
      this.#endAll(isRevocable, "The token cannot be checked now");
    });
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { feed } = this.#runtime;
    for await (const events of feed.follow(feed.head(), { signal }))
      for (const event of events) this.#hear(event);
  }

  #hear(event: FleetEvent): void {
    if (event.kind === "ApiTokenRevoked")
      this.#endAll(({ apiTokenId }) => apiTokenId === event.payload.token, REVOKED);
    if (event.kind === "TenantRemoved")
      this.#endAll(({ principal }) => principal.tenantId === event.payload.tenant, TENANT_GONE);
  }

  #endAll(isOver: (session: Session) => boolean, why: string): void {
    for (const held of [...this.#held]) if (isOver(held.session)) this.#end(held, why);
  }
}

const REVOKED = "The token is revoked";
const TENANT_GONE = "The tenant is gone";

function isRevocable({ apiTokenId, principal }: Session): boolean {
  return apiTokenId !== null || principal.tenantId !== null;
}
