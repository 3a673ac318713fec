import type { KeyTable } from "./key-table.ts";

/*
 * Blocks that the definition keeps as they were written: their readers live elsewhere (triggers in the control plane, audit in
 * the record, …), but an unknown key is reported here, with the rest of the file.
 */

/** `authorization` of a workflow and of a step (sections 2 and 3). */
export const AUTHORIZATION: KeyTable = {
  enabled: "boolean",
  roles: "texts",
  permissions: "texts",
  approval: {
    required: "boolean",
    approvers: "texts",
    timeout: "duration",
    onTimeout: "text",
    message: "text",
    allow_self: "boolean",
  },
};

/** `testing` of a workflow (section 2). */
export const TESTING: KeyTable = {
  dryRun: { enabled: "boolean", mockConnectors: "boolean", mockData: "any" },
  dry_run: { enabled: "boolean", mock_connectors: "boolean", mock_data: "any" },
  fixtures: [{ name: "text", description: "text", inputs: "any", expectedOutputs: "any", expected_outputs: "any" }],
};

const SECRET_REDACTION: KeyTable = {
  enabled: "boolean",
  patterns: "texts",
  redactedValue: "text",
  blockOnExposure: "boolean",
  scanFields: "texts",
};

/** `execution` of a workflow: streaming, security, audit; `backend` and its companions name the agents' default. */
export const EXECUTION: KeyTable = {
  mode: "text",
  streaming: { enabled: "boolean", protocol: "text", events: "texts" },
  security: { blockOnExposure: "boolean", secretRedaction: SECRET_REDACTION, secret_redaction: SECRET_REDACTION },
  audit: {
    enabled: "boolean",
    level: "text",
    retention: "number",
    piiRedaction: "boolean",
    piiFields: "texts",
    fields: "texts",
    excludeFields: "texts",
    destinations: "any",
  },
  backend: "text",
  runtime: "text",
  compatibility: "any",
  config: "any",
};

/** `execution` of a step, written as a map: which backend runs an agent. */
export const STEP_EXECUTION: KeyTable = {
  mode: "text",
  backend: "text",
  runtime: "text",
  compatibility: "any",
  config: "any",
};

/** `guardrails` of a step: the flat form and the agents' grouped form. */
export const GUARDRAILS: KeyTable = {
  piiDetection: "any",
  toxicityThreshold: "number",
  blockedTopics: "texts",
  blockedPatterns: "texts",
  languageFilter: "texts",
  maxCost: "number",
  maxTokens: "number",
  maxToolCalls: "number",
  timeLimit: "duration",
  preventInfiniteLoops: "boolean",
  requireConfirmation: "texts",
  allowedDomains: "texts",
  blockedDomains: "texts",
  outputSchema: "any",
  content: "any",
  behavior: "any",
  output: "any",
};

/** `mailbox` of a long-running node (section 5). */
export const MAILBOX: KeyTable = { size: "number", overflow: "text" };

/** `budget` of a workflow (section 5); `hold` is how long a spent budget may wait for a raise (section 20). */
export const BUDGET: KeyTable = {
  max_seconds: "number",
  max_tokens: "number",
  max_messages: "number",
  max_steps: "number",
  max_cost: "number",
  hold: "duration",
};

const TRIGGER_COMMON: KeyTable = {
  type: "text",
  id: "text",
  name: "text",
  description: "text",
  enabled: "boolean",
  inputs: "any",
  metadata: "any",
};

/** Triggers by their type (section 14). */
export const TRIGGERS: Readonly<Record<string, KeyTable>> = {
  manual: TRIGGER_COMMON,
  schedule: { ...TRIGGER_COMMON, cron: "text", timezone: "text", overlap: "text", backfill: "any" },
  webhook: {
    ...TRIGGER_COMMON,
    path: "text",
    method: "text",
    auth: { type: "text", secret_name: "text", header: "text", scheme: "text" },
    security: {
      ipAllowlist: "texts",
      replayWindow: "duration",
      timestampHeader: "text",
      maxPayloadSize: "number",
      rateLimit: { rpm: "number", burst: "number" },
    },
  },
  event: { ...TRIGGER_COMMON, source: "text", topic: "text", event: "text", filter: "any", group: "text" },
};
