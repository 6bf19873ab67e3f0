import type { IncomingMessage } from "node:http";
import { isLoopback } from "../configuration.ts";

/** Metrics tell how busy everybody is: they are for those who sit at this machine. */
export function mayReadMetrics({ socket }: IncomingMessage): boolean {
  return isLoopback((socket.remoteAddress ?? "").replace(/^::ffff:/, ""));
}
