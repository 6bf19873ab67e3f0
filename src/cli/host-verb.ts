import { waitFor } from "./operation.ts";
import { mutate } from "./request.ts";
import { findHost } from "./targets.ts";

export interface Verb {
  readonly mutation: string;
  /** What is done, as a noun. */
  readonly what: string;
  readonly inputType: string;
  readonly input?: Readonly<Record<string, unknown>>;
  /** How it is when the server has taken it and there is no operation to wait for. */
  readonly done?: string;
}

interface Payload {
  readonly host: { readonly name: string; readonly status: string } | null;
  readonly operation: { readonly id: string } | null;
}

/** `name` is a host's name or a global id. Answers the exit code. */
export async function verbOnHost(
  url: string,
  name: string,
  verb: Verb,
  wait: boolean,
): Promise<number> {
  const hostId = await findHost(url, name);
  const { host, operation } = await mutate<Payload>(
    url,
    verb.mutation,
    "host { name status } operation { id }",
    { hostId, ...verb.input },
    verb.inputType,
  );
  const what = `${verb.what} of ${host?.name ?? name}`;
  if (operation && wait) return waitFor(url, operation.id, what);
  const state = operation ? "has begun" : (verb.done ?? "done");
  process.stdout.write(`${what}: ${state}; the host is ${host?.status ?? "gone"}\n`);
  return 0;
}
