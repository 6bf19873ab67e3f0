import { expect, test, vi } from "vitest";
import { startSettledServer, type TestServer } from "./harness.ts";
import { Listener, resultsMade } from "./listeners.ts";

const LISTENERS = 90;

/** Has to be executed for every event, and each is another operation: nothing is made for two of them. */
const queryOf = (index: number) => `subscription ($after: Cursor) {
  events(after: $after) { cursor message causes { message causes { message } } }
} # ${index}`;

interface Replay {
  readonly listener: Listener;
  /** The ids of operations, a result each, as they come. */
  readonly order: readonly string[];
}

/** All at once, and without waiting for an answer. */
async function replay(server: TestServer, after: string): Promise<Replay> {
  const listener = await Listener.connect(server.wsUrl);
  const order: string[] = [];
  listener.socket.on("message", (data) => {
    const { id, type } = JSON.parse(String(data));
    if (type === "next") order.push(id);
  });
  for (let index = 0; index < LISTENERS; index++) {
    const payload = { query: queryOf(index), variables: { after } };
    const message = { id: String(index), type: "subscribe", payload };
    listener.socket.send(JSON.stringify(message));
  }
  return { listener, order };
}

async function happen(server: TestServer, times: number): Promise<void> {
  const guestId = await server.id("guest", "web-1");
  for (let time = 0; time < times; time++) {
    await server.mutate("stopGuest", "GuestActionInput", { guestId });
    await server.advance(30);
    await server.mutate("startGuest", "GuestActionInput", { guestId });
    await server.advance(30);
  }
}

/** How many have begun by the time the first of them has everything. */
function begunMeanwhile(order: readonly string[], events: number): number {
  const counts = new Map<string, number>();
  for (const id of order) {
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    if (count === events) break;
  }
  return counts.size;
}

const cursors = (listener: Listener, id: number): string[] =>
  listener.results(String(id)).map((result) => JSON.parse(result).data.events.cursor);

test("whoever asks something is answered while many on one socket read the log", async () => {
  const server = await startSettledServer();
  await happen(server, 4);
  const head = await server.head();
  const events = Number(head.split(":")[1]);
  const before = await resultsMade(server);
  const { listener, order } = await replay(server, head.replace(/\d+$/, "0"));

  const answers = new Set<number>();
  let made = 0;
  while (made < LISTENERS * events) {
    made = (await resultsMade(server)) - before;
    answers.add(made);
  }
  expect(answers.size).toBeGreaterThan(10);

  await vi.waitFor(() => expect(order).toHaveLength(LISTENERS * events), { timeout: 20_000 });
  // Some are let in late, while their socket is full.
  expect(begunMeanwhile(order, events)).toBeGreaterThan(3);

  // And all of them are at the live edge now.
  await server.advance(1);
  const end = Number((await server.head()).split(":")[1]);
  const expected = Array.from({ length: end }, (_, index) => head.replace(/\d+$/, `${index + 1}`));
  for (let id = 0; id < LISTENERS; id++)
    await vi.waitFor(() => expect(cursors(listener, id)).toEqual(expected), { timeout: 20_000 });
});
