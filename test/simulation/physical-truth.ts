import type { GuestUsage, Isolation } from "../../src/model/actions.ts";
import { DEFAULT_ALLOCATION, reservedOf } from "../../src/model/allocation.ts";
import type { GuestId, HostId } from "../../src/model/ids.ts";
import type { Resources } from "../../src/model/resources.ts";

/** What is really there of a guest on one host. */
export interface RealCopy {
  readonly guestId: GuestId;
  readonly hostId: HostId;
  readonly state: "BOOTING" | "RUNNING" | "SUSPENDED";
  readonly resources: Resources;
}

/**
 * The world's own truth, read from what its driver stores: every copy of every guest, also those on
 * hosts that nobody can see.
 */
export class PhysicalTruth {
  readonly #copies = new Map<string, RealCopy>();
  readonly #allocations = new Map<number, Isolation["allocation"]>();
  readonly #cpus = new Map<number, number>();
  readonly #off = new Set<number>();

  /** As a world wakes from its stored state. */
  reset(stored: ReadonlyMap<string, string>): void {
    this.#copies.clear();
    this.#allocations.clear();
    this.#cpus.clear();
    this.#off.clear();
    for (const [key, value] of stored) this.#note(key, value);
  }

  note(changes: ReadonlyMap<string, string | null>): void {
    for (const [key, value] of changes) this.#note(key, value);
  }

  copies(): RealCopy[] {
    return [...this.#copies.values()].sort((a, b) => a.guestId - b.guestId || a.hostId - b.hostId);
  }

  /** Who says so of the host tells the truth. */
  isOff(hostId: HostId): boolean {
    return this.#off.has(hostId);
  }

  /** Guests of which there is more than one. */
  doubles(): string[] {
    const hosts = Map.groupBy(this.copies(), ({ guestId }) => guestId);
    return [...hosts]
      .filter(([, copies]) => copies.length > 1)
      .map(([guest, copies]) => {
        const where = copies.map(({ hostId, state }) => `host #${hostId} (${state})`);
        return `guest #${guest} is in reality on ${where.join(" and ")}`;
      });
  }

  /** What is wrong with how hosts have shared their CPU out: more than there is, or less than was promised. */
  unfairness(usages: readonly GuestUsage[]): string[] {
    const hosts = Map.groupBy(usages, ({ hostId }) => hostId);
    return [...hosts].flatMap(([hostId, here]) => this.#unfairnessOn(hostId, here));
  }

  #unfairnessOn(hostId: HostId, usages: readonly GuestUsage[]): string[] {
    const has = this.#cpus.get(hostId) ?? 0;
    const promised = new Map(
      usages.map(({ guestId }) => [guestId, this.#promisedTo(guestId, hostId)]),
    );
    const sum = (amounts: Iterable<number>) => [...amounts].reduce((a, b) => a + b, 0);
    const isOverpromised = sum(promised.values()) > has;
    const short = usages.filter((usage) => {
      const { cpuLimitMillicores: limit } =
        this.#allocations.get(usage.guestId) ?? DEFAULT_ALLOCATION;
      // A group's work can be more than its members can do.
      const most = limit ?? this.#sizeOf(usage.guestId, hostId);
      const want = Math.min(usage.cpuDemandMillicores, most);
      if (want !== usage.cpuMillicores + usage.cpuStolenMillicores) return true;
      return (
        !isOverpromised && usage.cpuMillicores < Math.min(want, promised.get(usage.guestId) ?? 0)
      );
    });
    const given = sum(usages.map(({ cpuMillicores }) => cpuMillicores));
    return [
      ...(given > has ? [`host #${hostId} gives ${given} millicores and has ${has}`] : []),
      ...short.map(
        (usage) => `guest #${usage.guestId} was promised more: ${JSON.stringify(usage)}`,
      ),
    ];
  }

  #sizeOf(guestId: GuestId, hostId: HostId): number {
    const copy = this.#copies.get(`guest:${guestId}@${hostId}`);
    return copy?.resources.cpuMillicores ?? Number.POSITIVE_INFINITY;
  }

  #promisedTo(guestId: GuestId, hostId: HostId): number {
    const copy = this.#copies.get(`guest:${guestId}@${hostId}`);
    const allocation = this.#allocations.get(guestId) ?? null;
    return copy ? reservedOf(allocation, copy.resources).cpuMillicores : 0;
  }

  #noteHost(
    id: number,
    told: { description: { capacity: Resources }; power: string } | null,
  ): void {
    if (told) this.#cpus.set(id, told.description.capacity.cpuMillicores);
    if (told?.power === "OFF") this.#off.add(id);
    else this.#off.delete(id);
  }

  #note(key: string, value: string | null): void {
    const [kind, id] = key.split(":");
    const told = value === null ? null : JSON.parse(value);
    if (kind === "description")
      this.#allocations.set(Number(id), told?.isolation.allocation ?? null);
    if (kind === "host") this.#noteHost(Number(id), told);
    const match = /^guest:(\d+)@(\d+)$/.exec(key);
    if (!match) return;
    if (value === null) {
      this.#copies.delete(key);
      return;
    }
    const { state, resources } = told as Pick<RealCopy, "state" | "resources">;
    const [guestId, hostId] = [Number(match[1]) as GuestId, Number(match[2]) as HostId];
    this.#copies.set(key, { guestId, hostId, state, resources });
  }
}
