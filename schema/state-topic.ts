import { GraphQLError, type GraphQLResolveInfo } from "graphql";
import type { EventKind } from "../src/model/events.ts";
import type { EntityType } from "../src/model/ids.ts";
import type { Sight } from "../src/runtime/ports.ts";
import type { ApiContext } from "./context.ts";
import { argumentId } from "./ids.ts";
import type { Interest } from "./interest.ts";
import type { Row } from "./loaders.ts";
import { Topic } from "./topic.ts";

/**
 * A state: at once, then again after each change. Whoever is slower than the changes gets the newest one,
 * not each in between.
 */
export abstract class StateTopic<T> extends Topic<T> {
  abstract override readonly likeness: string;
  /** What its principal sees of what happens. */
  readonly sight: Sight;
  /** At most one in so long. */
  readonly pauseMs: number = 0;

  constructor({ runtime }: ApiContext, info: GraphQLResolveInfo) {
    super(info);
    this.sight = runtime.sight;
  }

  /** The state now; null when there is none any more, which is the end. */
  abstract read(context: ApiContext): Promise<T | null>;

  /** What may change it; null: whatever happens. */
  abstract interestOf(state: T): Interest | null;

  /** Told again only when this is another one; null: after each change. */
  digestOf(_state: T): string | null {
    return null;
  }
}

type OwnerOf<T extends EntityType> = (row: Row<T>) => number | null;

/** The state of one thing. `ownerOf` is what it is on or in: what happens to that as a whole shows in it too. */
export class ThingTopic<T extends EntityType> extends StateTopic<Row<T>> {
  readonly likeness: string;
  readonly #type: T;
  readonly #id: number;
  readonly #ownerOf: OwnerOf<T>;

  private constructor(
    type: T,
    id: number,
    ownerOf: OwnerOf<T>,
    context: ApiContext,
    info: GraphQLResolveInfo,
  ) {
    super(context, info);
    this.likeness = `${type} ${id}`;
    this.#type = type;
    this.#id = id;
    this.#ownerOf = ownerOf;
  }

  /** Refuses an id that names nothing (any more). */
  static async of<T extends EntityType>(
    type: T,
    id: string,
    context: ApiContext,
    info: GraphQLResolveInfo,
    ownerOf: OwnerOf<T> = () => null,
  ): Promise<ThingTopic<T>> {
    const key = argumentId(type, id, "id");
    if (key === null || (await context.loaders.entity(type, key)) === null)
      throw new GraphQLError(`There is no ${type.toLowerCase()} with id ${id}`, {
        extensions: { code: "NOT_FOUND" },
      });
    return new ThingTopic(type, key, ownerOf, context, info);
  }

  read(context: ApiContext): Promise<Row<T> | null> {
    return context.loaders.entity(this.#type, this.#id);
  }

  interestOf(row: Row<T>): Interest {
    const ownerId = this.#ownerOf(row);
    const touchedIds = [this.#id];
    if (ownerId === null) return { touchedIds, subjectIds: [], kinds: [] };
    return { touchedIds, subjectIds: [ownerId], kinds: OF_THE_FLEET };
  }
}

/** Facts about the fleet that show in each of its hosts and guests. */
const OF_THE_FLEET: readonly EventKind[] = [
  "ContactLost",
  "ContactRestored",
  "HighAvailabilityArmed",
  "HighAvailabilityDisarmed",
];
