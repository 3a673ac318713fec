import type { FieldTable } from "./field.ts";
import { kept, keptList } from "./field-blocks.ts";
import { boolean, duration, json, number, texts, word } from "./field-kinds.ts";

/*
 * Blocks that the definition keeps as they were written: their readers live elsewhere (audit in the record, the budget in the
 * run, …), but an unknown key is reported here, with the rest of the file.
 */

/** `authorization` of a workflow and of a step (sections 2 and 3). */
export const AUTHORIZATION: FieldTable = {
  enabled: boolean("Whether this block is in force."),
  roles: texts("Roles that may run this: any one of them is enough."),
  permissions: texts("Permissions that are needed: all of them."),
  approval: kept("Somebody must approve before this begins.", {
    required: boolean("Whether the approval is needed."),
    approvers: texts("Roles that may decide; an empty list admits any key."),
    timeout: duration("How long to wait for the decision.", 0),
    onTimeout: word("What happens when nobody decided in time: reject, allow or escalate."),
    message: word("What the approvers are told."),
    allow_self: boolean("Whether who started the run may approve it."),
  }),
};

/** `testing` of a workflow (section 2). */
export const TESTING: FieldTable = {
  dryRun: kept("A run that calls nothing.", {
    enabled: boolean("Whether dry runs are on."),
    mockConnectors: boolean("Whether connectors are replaced by mocks."),
    mockData: json("What the mocks answer."),
  }),
  dry_run: kept("A run that calls nothing; also written `dryRun`.", {
    enabled: boolean("Whether dry runs are on."),
    mock_connectors: boolean("Whether connectors are replaced by mocks."),
    mock_data: json("What the mocks answer."),
  }),
  fixtures: keptList("Inputs and the outputs that they must give.", {
    name: word("What the fixture is called."),
    description: word("What it shows."),
    inputs: json("The inputs of the run."),
    expectedOutputs: json("The outputs that it must have."),
    expected_outputs: json("The outputs that it must have; also written `expectedOutputs`."),
  }),
};

const SECRET_REDACTION: FieldTable = {
  enabled: boolean("Whether secrets are masked where they appear."),
  patterns: texts("Further patterns that are masked."),
  redactedValue: word("What stands in place of a secret."),
  blockOnExposure: boolean("A secret that comes back in an output fails the step with VALIDATION."),
  scanFields: texts("Which fields are looked at."),
};

const AGENT_BACKEND: FieldTable = {
  mode: word("How agents are executed."),
  backend: word("Which backend runs the agents."),
  runtime: word("Which runtime the backend uses."),
  compatibility: json("What a backend must be able to do."),
  config: json("Settings of the backend."),
};

/** `execution` of a workflow: streaming, security, audit; `backend` and its companions name the agents' default. */
export const EXECUTION: FieldTable = {
  ...AGENT_BACKEND,
  streaming: kept("Which events are streamed.", {
    enabled: boolean("Whether events are streamed."),
    protocol: word("sse or websocket."),
    events: texts("Only events of these types."),
  }),
  security: kept("How secrets are guarded.", {
    blockOnExposure: boolean("A secret that comes back in an output fails the step with VALIDATION."),
    secretRedaction: kept("How secrets are masked.", SECRET_REDACTION),
    secret_redaction: kept("How secrets are masked; also written `secretRedaction`.", SECRET_REDACTION),
  }),
  audit: kept("What is recorded of each run.", {
    enabled: boolean("Whether runs are audited."),
    level: word("How much is recorded."),
    retention: number("How long the record is kept, in days."),
    piiRedaction: boolean("Whether personal data is masked."),
    piiFields: texts("Fields that hold personal data."),
    fields: texts("Only these fields are recorded."),
    excludeFields: texts("These fields are not recorded."),
    destinations: json("Where the record is sent."),
  }),
};

/** `execution` of a step, written as a map: which backend runs an agent. */
export const STEP_EXECUTION: FieldTable = AGENT_BACKEND;

/** `guardrails` of a step: the flat form and the agents' grouped form. */
export const GUARDRAILS: FieldTable = {
  piiDetection: json("What to do about personal data."),
  toxicityThreshold: number("How toxic a text may be, from 0 to 1."),
  blockedTopics: texts("Topics that must not come up."),
  blockedPatterns: texts("Patterns that must not come up."),
  languageFilter: texts("Languages that are allowed."),
  maxCost: number("No further attempt once reported costs passed this: QUOTA_EXCEEDED."),
  maxTokens: number("No further attempt once reported tokens passed this: QUOTA_EXCEEDED."),
  maxToolCalls: number("How many tools an agent may call."),
  timeLimit: duration("Bounds all attempts of the step together: TIMEOUT.", 0),
  preventInfiniteLoops: boolean("Whether an agent that repeats itself is stopped."),
  requireConfirmation: texts("Tools that need somebody's confirmation."),
  allowedDomains: texts("Hosts that may be called."),
  blockedDomains: texts("Hosts that must not be called."),
  outputSchema: json("JSON Schema of the step's output, checked when it completes: VALIDATION."),
  content: json("Rules about content, in the agents' grouped form."),
  behavior: json("Rules about behaviour, in the agents' grouped form."),
  output: json("Rules about output, in the agents' grouped form."),
};

/** `mailbox` of a long-running node (section 5). */
export const MAILBOX: FieldTable = {
  size: number("How many messages may wait."),
  overflow: word("What happens to a message that does not fit: block, drop_oldest or reject."),
};

/** `budget` of a workflow (section 5); `hold` is how long a spent budget may wait for a raise (section 20). */
export const BUDGET: FieldTable = {
  max_seconds: number("How long the run may take, in seconds."),
  max_tokens: number("How many tokens models may use."),
  max_messages: number("How many messages may be accepted."),
  max_steps: number("How many steps may run."),
  max_cost: number("What the run may cost."),
  hold: duration("How long a run whose budget is spent waits for a raise before it fails (24 h).", 0),
};
