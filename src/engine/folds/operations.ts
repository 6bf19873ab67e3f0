import type { Operation } from "../../model/entities.ts";
import type { FleetEvent } from "../../model/events.ts";
import type { State } from "../state.ts";
import { type Folds, forgetOldest } from "./fold.ts";

function finish(status: "SUCCEEDED" | "FAILED" | "SUPERSEDED") {
  return (
    state: State,
    event: FleetEvent<"OperationSucceeded" | "OperationFailed" | "OperationSuperseded">,
  ): void => {
    const error = "error" in event.payload ? event.payload.error : null;
    state.tables.Operation.patch(event.payload.operation, {
      status,
      finishedAtMs: event.atMs,
      error,
    });
  };
}

export const operationFolds = {
  OperationStarted: (state, event) => {
    state.tables.Operation.set({
      id: event.payload.operation,
      kind: event.payload.verb,
      status: "RUNNING",
      guestId: event.payload.guest,
      hostId: event.payload.host,
      startedAtMs: event.atMs,
      finishedAtMs: null,
      error: null,
      seq: event.seq,
    });
    forgetOldest(state.tables.Operation, (row: Operation) => row.status !== "RUNNING");
  },
  OperationSucceeded: finish("SUCCEEDED"),
  OperationFailed: finish("FAILED"),
  OperationSuperseded: finish("SUPERSEDED"),
} satisfies Folds;
