import type { TargetCheck } from "../../model/actions.ts";
import type { LoadBalancerTargetId } from "../../model/ids.ts";
import { targetOf } from "./servers.ts";

/** A line of `show stat` about a server of a backend, or about all of the backend. */
export interface Stat {
  /** Null for a server that is not ours, and for the backend itself. */
  readonly targetId: LoadBalancerTargetId | null;
  readonly isBackend: boolean;
  /** `UP`, `UP 1/2`, `DOWN`, `DRAIN`, … */
  readonly status: string;
  /** `L4OK`, `L7STS`, …; a star before it: the next check is under way. Empty or INI before the first. */
  readonly checkStatus: string;
  readonly detail: string;
  /** Connections that it serves or that wait for it. */
  readonly sessions: number;
  /** Since HAProxy began: those that were sent there, and those of them that came to nothing. */
  readonly requests: number;
  readonly errors: number;
  /** Average of the last 1,024: waiting for the server, connecting, and until it answered. */
  readonly answerMs: number;
}
export type ServerStat = Stat & { readonly targetId: LoadBalancerTargetId };

/** Of the answer to `show stat`, what is about one backend. */
export function readStats(answer: string, backend: string): Stat[] {
  const [head = "", ...lines] = answer.split("\n");
  const names = head.replace(/^# /, "").split(",");
  return lines
    .map((line) => new Map(line.split(",").map((value, index) => [names[index], value])))
    .filter((row) => row.get("pxname") === backend && row.get("svname") !== "FRONTEND")
    .map(statOf);
}

export function isOurs(stat: Stat): stat is ServerStat {
  return stat.targetId !== null;
}

function statOf(row: ReadonlyMap<string | undefined, string>): Stat {
  const text = (name: string) => row.get(name) ?? "";
  const count = (...columns: readonly string[]) =>
    columns.reduce((sum, name) => sum + Number(text(name) || 0), 0);
  const isBackend = text("svname") === "BACKEND";
  // Where nobody could be connected to, a backend has counted the request, and a server has not.
  const failed = isBackend ? [] : ["econ"];
  const isHttp = text("mode") === "http";
  return {
    targetId: targetOf(text("svname")),
    isBackend,
    status: text("status"),
    checkStatus: text("check_status").replace(/^\* /, ""),
    detail: [text("check_status"), text("check_desc")].filter((word) => word).join(", "),
    sessions: count("scur", "qcur"),
    requests: isHttp ? count("req_tot", ...failed) : count("stot"),
    errors: isHttp ? count("hrsp_5xx", ...failed) : count("econ", "eresp"),
    answerMs: count("qtime", "ctime", "rtime"),
  };
}

const PASSES = /^L[467]OKC?$/;
/** What its checks say, counted to the group's thresholds by HAProxy; null before the first, and while it wants more that pass. */
export function checkOf({ targetId, status, checkStatus, detail }: ServerStat): TargetCheck | null {
  if (checkStatus === "" || checkStatus === "INI") return null;
  const passes = PASSES.test(checkStatus);
  const isSure = passes ? status === "UP" : status === "DOWN";
  if (passes && !isSure) return null;
  return { targetId, passes, inARow: isSure ? null : 1, detail };
}
