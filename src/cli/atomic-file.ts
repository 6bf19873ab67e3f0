import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";

/** Replaces the file as a whole: whoever reads it, also after a power cut, sees the old text or the new. */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  const descriptor = openSync(temporary, "w");
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, path);
}
