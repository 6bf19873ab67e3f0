import type { TargetCheck } from "../../model/actions.ts";
import type { LoadBalancerTargetId } from "../../model/ids.ts";
import { targetOf } from "./servers.ts";

/** A line of `show stat` about one of our servers. */
export interface ServerStat {
  readonly targetId: LoadBalancerTargetId;
  /** `UP`, `UP 1/2`, `DOWN`, `DRAIN`, … */
  readonly status: string;
  /** `L4OK`, `L7STS`, …; a star before it: the next check is under way. Empty or INI before the first. */
  readonly checkStatus: string;
  readonly detail: string;
  /** Connections that it serves or that wait for it. */
  readonly sessions: number;
  readonly perSecond: number;
}

/** Of the answer to `show stat`, those of one backend. */
export function readStats(answer: string, backend: string): ServerStat[] {
  const [head = "", ...lines] = answer.split("\n");
  const names = head.replace(/^# /, "").split(",");
  const column = (name: string) => names.indexOf(name);
  return lines
    .map((line) => line.split(","))
    .filter((row) => row[column("pxname")] === backend)
    .flatMap((row) => {
      const targetId = targetOf(row[column("svname")] ?? "");
      if (targetId === null) return [];
      const count = (name: string) => Number(row[column(name)] || 0);
      const words = [row[column("check_status")], row[column("check_desc")]];
      return {
        targetId,
        status: row[column("status")] ?? "",
        checkStatus: (words[0] ?? "").replace(/^\* /, ""),
        detail: words.filter((word) => word).join(", "),
        sessions: count("scur") + count("qcur"),
        perSecond: count("rate"),
      };
    });
}

const PASSES = /^L[467]OKC?$/;
/** HAProxy counts to the group's thresholds itself: once it is sure, that is as many in a row as anybody asks for. */
const SURE = 10;

/** What its checks say; null before the first. */
export function checkOf({ targetId, status, checkStatus, detail }: ServerStat): TargetCheck | null {
  if (checkStatus === "" || checkStatus === "INI") return null;
  const passes = PASSES.test(checkStatus);
  const isSure = passes ? status === "UP" : status === "DOWN";
  return { targetId, passes, inARow: isSure ? SURE : 1, detail };
}
