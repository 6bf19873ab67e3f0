import { type Command, UsageError } from "./command.ts";

/** Flags and the environment variables that they stand for. */
const VARIABLES = {
  port: ["PORT", "PORT", "Port to listen on; 0 takes a free one (default: 4000)"],
  host: ["HOST", "ADDRESS", "Address to listen on (default: 127.0.0.1)"],
  "data-dir": ["DATA_DIR", "DIR", "Where the log and the tables live (default: ./data)"],
  fleet: ["FLEET", "FILE", "Fleet of a new data directory: demo, none or a file (default: demo)"],
  clock: ["CLOCK", "CLOCK", "realtime, 20x or manual (default: realtime)"],
  seed: ["SEED", "NUMBER", "All chance in the simulated world comes from it (default: 1)"],
  "api-threads": [
    "API_THREADS",
    "NUMBER",
    "Threads that serve the API; 0: the main one (default: 0)",
  ],
  "traces-dir": ["TRACES_DIR", "DIR", "Where fleet documents sent over the network find traces"],
} as const;

export const serve: Command = {
  name: "serve",
  synopsis: "[OPTIONS]",
  summary: "Run the server, as 'npm start' does",
  details: "Each option stands for an environment variable, and wins over it.",
  options: Object.fromEntries(
    Object.entries(VARIABLES).map(([name, [variable, value, description]]) => [
      name,
      { value, description: `${description} [${variable}]` },
    ]),
  ),
  examples: [
    "evenkeel serve",
    "evenkeel serve --port 4001 --data-dir /var/lib/evenkeel --fleet fleet.yaml",
    "evenkeel serve --data-dir :memory: --clock manual --seed 7",
  ],
  async run(args) {
    if (args.positionals.length > 0) throw new UsageError("'serve' takes options only");
    for (const [name, [variable]] of Object.entries(VARIABLES)) {
      const value = args.text(name);
      if (value !== undefined) process.env[variable] = value;
    }
    // The server's packages are loaded by nobody who only wants to talk to one.
    const { main } = await import("../main.ts");
    await main();
    return 0;
  },
};
