import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CliError } from "../../src/cli/command.ts";
import { OutputFile } from "../../src/cli/output-file.ts";
import { temporaryFolder } from "./processes.ts";

function line(seq: number, padding = ""): string {
  return `${JSON.stringify({ cursor: `e:${seq}`, message: `event ${seq}${padding}` })}\n`;
}

function file(content?: string): string {
  const path = join(temporaryFolder(), "events.jsonl");
  if (content !== undefined) writeFileSync(path, content);
  return path;
}

function reopened(path: string): { cursor: string | null; text: string } {
  const output = new OutputFile(path);
  output.close();
  return { cursor: output.cursor, text: readFileSync(path, "utf8") };
}

describe("an output file goes on", () => {
  test("from nowhere when it is new", () => {
    expect(reopened(file())).toEqual({ cursor: null, text: "" });
  });

  test("after its last line", () => {
    const text = line(1) + line(2);
    expect(reopened(file(text))).toEqual({ cursor: "e:2", text });
  });

  test("after the last whole line, wherever the next one was torn", () => {
    const whole = line(1) + line(2);
    const torn = line(3);
    for (let length = 0; length < torn.length; length++) {
      const path = file(whole + torn.slice(0, length));
      expect(reopened(path)).toEqual({ cursor: "e:2", text: whole });
    }
  });

  test("from nowhere when its only line was torn", () => {
    const torn = line(1);
    for (let length = 1; length < torn.length; length++) {
      expect(reopened(file(torn.slice(0, length)))).toEqual({ cursor: null, text: "" });
    }
  });

  test("with lines that are longer than what is read at once", () => {
    const whole = line(1) + line(2, "é".repeat(200_000));
    const path = file(whole + line(3, "é".repeat(200_000)).slice(0, 150_001));
    expect(reopened(path)).toEqual({ cursor: "e:2", text: whole });
  });

  test("with what is appended, the cursor first in its line", () => {
    const path = file(line(1));
    const output = new OutputFile(path);
    const event = { message: "event 2", cursor: "e:2" };
    output.append(event);
    output.close();
    expect(reopened(path)).toEqual({ cursor: "e:2", text: line(1) + line(2) });
  });
});

describe("the position beside it", () => {
  test("counts when no event has come yet", () => {
    const path = file();
    const output = new OutputFile(path);
    output.markPosition("e:5");
    output.close();
    expect(reopened(path).cursor).toBe("e:5");
  });

  test("counts when it is ahead of the last line, and only then", () => {
    const path = file(line(7));
    const output = new OutputFile(path);
    output.markPosition("e:9");
    output.close();
    expect(reopened(path).cursor).toBe("e:9");
    appendFileSync(path, line(12));
    expect(reopened(path).cursor).toBe("e:12");
  });

  test("does not count for another log than the last line's", () => {
    const path = file(line(7));
    writeFileSync(`${path}.cursor`, "other:99\n");
    expect(reopened(path).cursor).toBe("e:7");
  });

  test("is forgotten with the file that it belonged to", () => {
    const path = file();
    const output = new OutputFile(path);
    output.markPosition("e:5");
    output.close();
    rmSync(path);
    expect(reopened(path).cursor).toBeNull();
    expect(existsSync(`${path}.cursor`)).toBe(true);
  });
});

describe("what is not ours is left alone", () => {
  test.each([
    ["text", "dear diary"],
    ["lines", "one\ntwo\n"],
    ["other JSON lines", '{"a":1}\n{"a":2}\n'],
    ["an event's line and then something else", `${line(1)}done`],
    ["a picture", "\u0089PNG\r\n\u001a\n\u0000\u0000"],
  ])("%s", (_name, content) => {
    const path = file(content);
    expect(() => new OutputFile(path)).toThrow(CliError);
    expect(readFileSync(path, "utf8")).toBe(content);
  });

  test("a folder", () => {
    const path = join(temporaryFolder(), "folder");
    mkdirSync(path);
    expect(() => new OutputFile(path)).toThrow(CliError);
  });
});
