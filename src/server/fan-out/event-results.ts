import type { EventsTopic } from "../../../schema/events-topic.ts";
import type { EventKind, FleetEvent } from "../../model/events.ts";
import { bodyOf } from "./batch.ts";
import type { Operation } from "./operation.ts";

/** The results of an operation on events: written straight from the log where that can be, else executed for. */
export class EventResults {
  readonly #operation: Operation<EventsTopic>;
  readonly #writers: ReturnType<EventsTopic["writers"]>;
  readonly #before: string;
  readonly #onResult: () => void;

  constructor(operation: Operation<EventsTopic>, onResult: () => void) {
    const { topic, document } = operation;
    this.#operation = operation;
    this.#writers = topic.writers(document);
    this.#before = `{"data":{${JSON.stringify(topic.name)}:`;
    this.#onResult = onResult;
  }

  /** `bodyOf` such an event is nothing to wait for. */
  isWritten(kind: EventKind): boolean {
    return this.#writers?.of(kind) != null;
  }

  /** The result for an event that passes, as JSON. */
  bodyOf(event: FleetEvent): Buffer | Promise<Buffer> {
    this.#onResult();
    const told = this.#operation.topic.told(event);
    const write = this.#writers?.of(event.kind);
    if (write) return bodyOf(`${this.#before}${write(told)}}}`);
    return this.#operation.resultOf(told).then(bodyOf);
  }
}
