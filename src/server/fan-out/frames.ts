/**
 * WebSocket frames of graphql-transport-ws `next` messages (RFC 6455, section 5.2: one unmasked text
 * frame each), made once for all who get the same results: only the operation's id differs.
 */

const TEXT_FRAME = 0x81;
const LENGTH_OF_2_BYTES = 126;
const LENGTH_OF_8_BYTES = 127;
const MAX_SHORT = 125;
const MAX_2_BYTES = 0xffff;

const BEFORE_ID = Buffer.from('{"id":');
const AFTER_ID = Buffer.from(',"type":"next","payload":');
const END = Buffer.from("}");

/** One message of any kind. */
export function textFrame(message: string): Buffer {
  const length = Buffer.byteLength(message);
  const bytes = Buffer.allocUnsafe(headerBytes(length) + length);
  bytes.write(message, writeHeader(bytes, 0, length));
  return bytes;
}

/** The frames for ids of one length, and where in them the id stands. */
interface Template {
  readonly bytes: Buffer;
  readonly idAt: readonly number[];
}

/** Some results, as frames for whatever operation they are sent to. */
export class Frames {
  readonly #bodies: readonly Buffer[];
  readonly #templates = new Map<number, Template>();
  /** The newest ones: clients that count are often given the same id. */
  #made: { readonly id: string; readonly bytes: Buffer } | null = null;

  constructor(bodies: readonly Buffer[]) {
    this.#bodies = bodies;
  }

  /** `id` is the operation's id as JSON. */
  of(id: string): Buffer {
    if (this.#made?.id === id) return this.#made.bytes;
    const idBytes = Buffer.byteLength(id);
    let template = this.#templates.get(idBytes);
    if (!template) {
      template = templateOf(this.#bodies, idBytes);
      this.#templates.set(idBytes, template);
    }
    const bytes = Buffer.allocUnsafe(template.bytes.length);
    template.bytes.copy(bytes);
    const [first = 0, ...more] = template.idAt;
    bytes.write(id, first);
    for (const at of more) bytes.copyWithin(at, first, first + idBytes);
    this.#made = { id, bytes };
    return bytes;
  }
}

function templateOf(bodies: readonly Buffer[], idBytes: number): Template {
  const messageBytes = (body: Buffer) =>
    BEFORE_ID.length + idBytes + AFTER_ID.length + body.length + END.length;
  const total = bodies.reduce((sum, body) => {
    const length = messageBytes(body);
    return sum + headerBytes(length) + length;
  }, 0);
  const bytes = Buffer.allocUnsafe(total);
  const idAt: number[] = [];
  let at = 0;
  for (const body of bodies) {
    at = writeHeader(bytes, at, messageBytes(body));
    at += BEFORE_ID.copy(bytes, at);
    idAt.push(at);
    at += idBytes;
    at += AFTER_ID.copy(bytes, at);
    at += body.copy(bytes, at);
    at += END.copy(bytes, at);
  }
  return { bytes, idAt };
}

function headerBytes(length: number): number {
  if (length <= MAX_SHORT) return 2;
  return length <= MAX_2_BYTES ? 4 : 10;
}

/** Gives back where the message begins. */
function writeHeader(bytes: Buffer, at: number, length: number): number {
  bytes[at] = TEXT_FRAME;
  if (length <= MAX_SHORT) {
    bytes[at + 1] = length;
    return at + 2;
  }
  if (length <= MAX_2_BYTES) {
    bytes[at + 1] = LENGTH_OF_2_BYTES;
    return bytes.writeUInt16BE(length, at + 2);
  }
  bytes[at + 1] = LENGTH_OF_8_BYTES;
  return bytes.writeBigUInt64BE(BigInt(length), at + 2);
}
