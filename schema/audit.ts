import { screamingCase } from "../src/model/events.ts";
import type { Rejection } from "../src/model/rejections.ts";
import type { ApiContext } from "./context.ts";

/** A mutation that is refused here never was a command; that it was asked for is a fact all the same. */
export async function auditRefusal(
  mutation: string,
  rejection: Rejection,
  { runtime, actor }: Pick<ApiContext, "runtime" | "actor">,
): Promise<void> {
  await runtime.commands.submit({
    command: { kind: "REFUSED_BEFORE", mutation: screamingCase(mutation), rejection },
    actor,
    idempotencyKey: null,
  });
}
