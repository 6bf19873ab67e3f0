/**
 * Filters as SQL. The plan is chosen here, not by SQLite, which knows nothing of the log's shape: one
 * condition leads, reading its index in log order for each wanted value and stopping at the page's
 * end; the others are checked on the rows it meets. So a page costs about the same in a log of a
 * million events as in a short one.
 */

import type { Database, Statement } from "better-sqlite3";
import { formatActor } from "../model/actors.ts";
import type { Seq } from "../model/ids.ts";
import { SEVERITIES } from "../model/statuses.ts";
import { type LogFilter, severityRank } from "./filter.ts";
import { EVENT_COLUMNS, type EventRow } from "./log-rows.ts";
import { RARE_SEVERITY_RANK } from "./tables-log.ts";

/** A column holds one of the values. */
interface Condition {
  readonly column: string;
  readonly values: readonly (string | number)[];
}

interface Page {
  /** Exclusive, both. */
  readonly after: Seq;
  readonly before: Seq;
  readonly limit: number;
  readonly direction: "ASC" | "DESC";
}

/** Above this many values, one pass over the log is cheaper than a walk along the index for each. */
const MAX_LEADING_VALUES = 64;

/**
 * All descendants of the event `@root`. Each is reached once, since an event has one cause; and a
 * cause counts only if it is older than its effect, so the walk ends whatever the log says.
 */
const FAMILY = `WITH RECURSIVE family (seq) AS (
  SELECT seq FROM log WHERE cause_seq = @root AND seq > @root
  UNION ALL
  SELECT log.seq FROM family CROSS JOIN log ON log.cause_seq = family.seq AND log.seq > family.seq
)`;

const LED_TO_INCIDENT = `WITH RECURSIVE before (seq) AS (
  SELECT cause_seq FROM log WHERE incident_id = @id AND cause_seq IS NOT NULL
  UNION
  SELECT log.cause_seq FROM before CROSS JOIN log ON log.seq = before.seq
  WHERE log.cause_seq IS NOT NULL AND log.category IN ('HIGH_AVAILABILITY', 'SIMULATION')
)
SELECT log.seq FROM before CROSS JOIN log ON log.seq = before.seq
WHERE log.incident_id IS NULL AND log.category IN ('HIGH_AVAILABILITY', 'SIMULATION')
ORDER BY log.seq`;

export class LogQuery {
  readonly #sqlite: Database;
  /** One per shape of filter, of which there are few. */
  readonly #statements = new Map<string, Statement<[Record<string, unknown>]>>();

  constructor(sqlite: Database) {
    this.#sqlite = sqlite;
  }

  /** The first rows of the page in its direction. */
  rows(page: Page, filter: LogFilter): EventRow[] {
    const conditions = conditionsOf(filter);
    const sql = rowsSql(conditions, page.direction, filter.causedBySeq !== undefined);
    const { after, before, limit } = page;
    const parameters = { ...parametersOf(conditions, filter), after, before, limit };
    return this.#prepare(sql).raw().all(parameters) as EventRow[];
  }

  count(filter: LogFilter): number {
    const conditions = conditionsOf(filter);
    const sql = countSql(conditions, filter.causedBySeq !== undefined);
    return this.#prepare(sql).pluck().get(parametersOf(conditions, filter)) as number;
  }

  /** The descendants of an event up to a position, the event itself excluded. */
  descendants(root: Seq, through: Seq): Seq[] {
    const statement = this.#prepare(`${FAMILY} SELECT seq FROM family WHERE seq <= @through`);
    return statement.pluck().all({ root, through }) as Seq[];
  }

  /**
   * What led to the events of an incident and came before it was one: the silence of a host, or the
   * fault that somebody injected, and nothing further back.
   */
  beforeIncident(id: number): Seq[] {
    return this.#prepare(LED_TO_INCIDENT).pluck().all({ id }) as Seq[];
  }

  #prepare(sql: string): Statement<[Record<string, unknown>]> {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#sqlite.prepare<[Record<string, unknown>]>(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Most selective first, as far as one can tell without looking: the first leads. */
function conditionsOf(filter: LogFilter): Condition[] {
  const given: readonly [string, readonly (string | number)[] | undefined][] = [
    ["subject_id", filter.subjectIds],
    ["incident_id", filter.incidentIds],
    ["kind", filter.kinds],
    ["severity_rank", ranksFrom(filter)],
    ["zone_id", filter.zoneIds],
    ["tenant_id", filter.tenantIds],
    ["category", filter.categories],
    ...actors(filter),
  ];
  return given.flatMap(([column, values]) =>
    values === undefined ? [] : [{ column, values: [...new Set(values)] }],
  );
}

/** A tenant does not find out by asking what others are called. */
function actors({ principals }: LogFilter): [string, string[]][] {
  if (!principals) return [];
  const { names, tenantId } = principals;
  if (tenantId === null) return [["principal", [...names]]];
  return [["actor", names.map((name) => formatActor({ kind: "PRINCIPAL", name, tenantId }))]];
}

function ranksFrom({ minSeverity }: LogFilter): number[] | undefined {
  if (minSeverity === undefined) return undefined;
  const least = severityRank(minSeverity);
  return [...SEVERITIES.keys()].filter((rank) => rank >= least);
}

function parametersOf(conditions: readonly Condition[], filter: LogFilter) {
  const parameters: Record<string, unknown> = {};
  for (const { column, values } of conditions) parameters[column] = JSON.stringify(values);
  if (filter.causedBySeq !== undefined) parameters["root"] = filter.causedBySeq;
  return parameters;
}

function rowsSql(
  conditions: readonly Condition[],
  direction: Page["direction"],
  family: boolean,
): string {
  const columns = EVENT_COLUMNS.join(", ");
  const range = "log.seq > @after AND log.seq < @before";
  const page = `ORDER BY log.seq ${direction} LIMIT @limit`;
  // Only positions are sorted and cut to the page; what is bulky is read for the page alone.
  if (family)
    return `SELECT ${columns} FROM log WHERE seq IN (
        ${FAMILY} SELECT log.seq FROM ${familyIn(conditions)}
        ${whereAll([range, ...conditions.map(checked)])} ${page}
      ) ORDER BY seq ${direction}`;
  const leader = conditions.find(canLead);
  const others = conditions.filter((condition) => condition !== leader).map(checked);
  if (!leader) return `SELECT ${columns} FROM log ${whereAll([range, ...others])} ${page}`;
  const led = [`log.${leader.column} = wanted.value`, ...rareOnly(leader), range, ...others];
  return `SELECT ${EVENT_COLUMNS.map((column) => `found.${column}`).join(", ")}
    FROM json_each(@${leader.column}) AS wanted
    CROSS JOIN log AS found ON found.seq IN (SELECT log.seq FROM log ${whereAll(led)} ${page})
    ORDER BY found.seq ${direction} LIMIT @limit`;
}

function countSql(conditions: readonly Condition[], family: boolean): string {
  if (family)
    return `${FAMILY} SELECT count(*) FROM ${familyIn(conditions)}
      ${whereAll(conditions.map(checked))}`;
  const leader = conditions.find(canLead);
  const others = conditions.filter((condition) => condition !== leader).map(checked);
  const led = leader
    ? [`log.${leader.column} IN ${wantedValues(leader)}`, ...rareOnly(leader)]
    : [];
  return `SELECT count(*) FROM log ${whereAll([...led, ...others])}`;
}

/** The family under the name `log`; with the log's columns only if they are asked about. */
function familyIn(conditions: readonly Condition[]): string {
  return conditions.length === 0
    ? "family AS log"
    : "family CROSS JOIN log ON log.seq = family.seq";
}

function whereAll(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
}

function canLead({ column, values }: Condition): boolean {
  if (column === "principal" || column === "actor") return false;
  if (column === "severity_rank")
    return values.every((rank) => (rank as number) >= RARE_SEVERITY_RANK);
  return values.length <= MAX_LEADING_VALUES;
}

/** What the partial index must be told in its own words, or SQLite won't use it. */
function rareOnly({ column }: Condition): string[] {
  return column === "severity_rank" ? [`log.severity_rank >= ${RARE_SEVERITY_RANK}`] : [];
}

/** The `+` keeps SQLite from leading with this condition's index. */
function checked(condition: Condition): string {
  return `+${expressionOf(condition)} IN ${wantedValues(condition)}`;
}

/** The name within an actor, as `formatActor` writes it, is no column of its own. */
function expressionOf({ column }: Condition): string {
  return column === "principal"
    ? "iif(log.actor GLOB 'PRINCIPAL*', substr(log.actor, instr(log.actor, ':') + 1), NULL)"
    : `log.${column}`;
}

function wantedValues({ column }: Condition): string {
  return `(SELECT value FROM json_each(@${column}))`;
}
