/** Opens trace files, and only those below one folder: what a document names is not to be trusted. */
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from "node:fs";
import { isAbsolute, resolve, sep } from "node:path";
import { parseTrace, TraceError, type TraceFile } from "./trace-file.ts";

const MAX_TRACE_BYTES = 64 * 1024 * 1024;

export type ReadTrace = (file: string) => TraceFile;

/**
 * A reader for files below `root`. It keeps what it has read, so that guests share their rows: make
 * one for each document, and a file that has changed is read anew for the next. Throws TraceError.
 */
export function readTraceWithin(root: string): ReadTrace {
  const byName = new Map<string, TraceFile>();
  // One file has many names (`a.csv`, `./a.csv`), and must not take memory for each of them.
  const byPath = new Map<string, TraceFile>();
  return (file) => {
    let trace = byName.get(file);
    if (!trace) {
      const path = pathWithin(root, file);
      trace = byPath.get(path) ?? parseTrace(readText(path));
      byPath.set(path, trace);
      byName.set(file, trace);
    }
    return trace;
  };
}

/** The file's real path. Messages tell the name as the document has it, never where `root` is. */
function pathWithin(root: string, file: string): string {
  if (file === "" || file.includes("\0")) throw new TraceError("is not a file name");
  if (isAbsolute(file) || /^[A-Za-z]:|\\/.test(file)) {
    throw new TraceError("must be a relative path with forward slashes");
  }
  if (file.split("/").includes("..")) throw new TraceError("must not lead upwards with `..`");
  const realRoot = realPath(root, "the folder of traces can't be opened");
  const path = realPath(resolve(realRoot, file), "there is no such file in the folder of traces");
  const folder = realRoot.endsWith(sep) ? realRoot : realRoot + sep;
  if (!path.startsWith(folder)) throw new TraceError("leads out of the folder of traces");
  return path;
}

function realPath(path: string, problem: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw new TraceError(`${problem} (${codeOf(error)})`);
  }
}

function readText(path: string): string {
  // The path is real by now: a link that appears in its place meanwhile is not followed, and a pipe
  // that nobody writes to doesn't make the open wait.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  let descriptor: number;
  try {
    descriptor = openSync(path, flags);
  } catch (error) {
    throw new TraceError(`can't be opened (${codeOf(error)})`);
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new TraceError("is not a regular file");
    if (status.size > MAX_TRACE_BYTES) {
      throw new TraceError(`is ${status.size} bytes long, of ${MAX_TRACE_BYTES} at most`);
    }
    return readFileSync(descriptor, "utf8");
  } catch (error) {
    if (error instanceof TraceError) throw error;
    throw new TraceError(`can't be read (${codeOf(error)})`);
  } finally {
    closeSync(descriptor);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
