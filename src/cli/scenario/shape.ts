/** What `steps.yaml` may hold, in the terms that fleet documents are described with. */
import {
  type ChoiceSchema,
  constant,
  integer,
  list,
  type ObjectSchema,
  object,
  oneOf,
  type TextSchema,
} from "../../fleet/schema-kinds.ts";

const MAX_ITEMS = 10_000;
const MAX_TEXT = 10_000;

function text(description: string): TextSchema {
  return { type: "string", maxLength: MAX_TEXT, description };
}

const duration = (description: string) => text(`${description}, such as 90s or 1h30m.`);

const names = (description: string) =>
  list(text("A name."), MAX_ITEMS, { description, minItems: 1 });

const expectation = object(
  {
    guest: text("A guest, or `tenant/guest`."),
    host: text("A host."),
    zone: text("A zone."),
    together: names("Guests that are in one place."),
    apart: names("Guests of which no two are in one place."),
    status: text("Its status; GONE when it is not there any more."),
    not: text("A status that it must not have."),
    on: names("A guest: where it is, on one of these hosts."),
    because: text("A guest: the code of a reason why it is not as desired, or words from it."),
    scope: oneOf(["HOST", "RACK", "ZONE"], {
      description: "together, apart: what a place is.",
      default: "HOST",
    }),
  },
  [],
  {
    description: "What must be so.",
    oneOf: [
      { required: ["guest"] },
      { required: ["host"] },
      { required: ["zone"] },
      { required: ["together"] },
      { required: ["apart"] },
    ],
  },
);

const expectations = list(expectation, MAX_ITEMS, { description: "What must be so then." });

const deed: ChoiceSchema = {
  description: "Something to do.",
  oneOf: [
    text("A sentence, such as `fault HOST_POWER on host-1`."),
    object(
      {
        try: text("A sentence."),
        refused: text("It must be refused: the error's code, or words from its message."),
      },
      ["try", "refused"],
    ),
  ],
};

const step = object(
  {
    at: duration("Time since the fleet was applied"),
    after: duration("Time since the step before"),
    expect: expectations,
    do: list(deed, MAX_ITEMS, { description: "What is done, in this order.", minItems: 1 }),
  },
  [],
  { oneOf: [{ required: ["at"] }, { required: ["after"] }] },
);

const log = object(
  {
    from: duration("Leaves out what happened before"),
    severity: oneOf(["DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"], {
      description: "Only events this severe or more.",
      default: "INFO",
    }),
    kinds: names("Only events of these kinds, such as GUEST_FAILED_OVER."),
    without: names("No events of these kinds."),
  },
  [],
  { description: "Which part of the log `expected.log` holds; all but inventory by default." },
);

export const SCENARIO_SCHEMA: ObjectSchema = object(
  {
    title: text("One line."),
    why: text("A paragraph: what it shows, and why it is as it is."),
    seed: integer(0, Number.MAX_SAFE_INTEGER, {
      description: "All chance in the simulated world comes from it.",
      default: 1,
    }),
    fleet: text("The fleet document (default: fleet.yaml)."),
    steps: list(step, MAX_ITEMS, { description: "What happens, in order of time." }),
    settle: duration("How long it goes on after the last step"),
    expect: expectations,
    log,
    golden: constant("NONE", { description: "There is no expected.log; the end state is enough." }),
  },
  ["title", "why", "steps"],
);

/** What the above is once it was checked. */
export interface ScenarioDocument {
  readonly title: string;
  readonly why: string;
  readonly seed?: number;
  readonly fleet?: string;
  readonly steps: readonly StepDocument[];
  readonly settle?: string;
  readonly expect?: readonly Expectation[];
  readonly log?: LogDocument;
  readonly golden?: "NONE";
}
export interface StepDocument {
  readonly at?: string;
  readonly after?: string;
  readonly expect?: readonly Expectation[];
  readonly do?: readonly (string | { readonly try: string; readonly refused: string })[];
}
export interface LogDocument {
  readonly from?: string;
  readonly severity?: string;
  readonly kinds?: readonly string[];
  readonly without?: readonly string[];
}
export interface Expectation {
  readonly guest?: string;
  readonly host?: string;
  readonly zone?: string;
  readonly together?: readonly string[];
  readonly apart?: readonly string[];
  readonly status?: string;
  readonly not?: string;
  readonly on?: readonly string[];
  readonly because?: string;
  readonly scope?: "HOST" | "RACK" | "ZONE";
}
