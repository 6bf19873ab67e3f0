/**
 * Counts the text frames of a server's side of a WebSocket from raw bytes. It looks at frame headers
 * alone and makes no strings, so that a client costs little next to the server that it measures.
 */

const TEXT = 0x1;
const CLOSE = 0x8;

export class FrameCounter {
  frames = 0;
  /** Of the text frames, without their headers. */
  payloadBytes = 0;
  closed = false;
  /** Of the present frame's payload, still to come. */
  #left = 0;
  /** A header that ended with its chunk. */
  #rest: Buffer | null = null;

  push(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = null;
    let at = Math.min(this.#left, bytes.length);
    this.#left -= at;
    while (at < bytes.length) {
      const header = headerAt(bytes, at);
      if (!header) {
        this.#rest = bytes.subarray(at);
        return;
      }
      this.#count(header);
      at += header.bytes;
      const here = Math.min(header.payloadBytes, bytes.length - at);
      this.#left = header.payloadBytes - here;
      at += here;
    }
  }

  /** A frame counts when its header is here; the last one's payload is waited for by `isBetween`. */
  #count({ opcode, payloadBytes }: Header): void {
    if (opcode === CLOSE) this.closed = true;
    if (opcode !== TEXT) return;
    this.frames++;
    this.payloadBytes += payloadBytes;
  }

  /** Everything that was begun has come. */
  get isBetween(): boolean {
    return this.#left === 0 && this.#rest === null;
  }
}

interface Header {
  readonly opcode: number;
  readonly bytes: number;
  readonly payloadBytes: number;
}

/** Null when not all of it has come. Servers don't mask. */
function headerAt(bytes: Buffer, at: number): Header | null {
  const [first, second] = [bytes[at], bytes[at + 1]];
  if (first === undefined || second === undefined) return null;
  const opcode = first & 0x0f;
  if (second < 126) return { opcode, bytes: 2, payloadBytes: second };
  if (second === 126) {
    if (at + 4 > bytes.length) return null;
    return { opcode, bytes: 4, payloadBytes: bytes.readUInt16BE(at + 2) };
  }
  if (at + 10 > bytes.length) return null;
  return { opcode, bytes: 10, payloadBytes: Number(bytes.readBigUInt64BE(at + 2)) };
}
