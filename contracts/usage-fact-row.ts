/**
 * One metered event of an execution's log (section 16) as it travels from a cell to the ledger: its start, or the settling of an attempt
 * that reached a plugin. Members by position: `[seq, at, executions, step_runs, compute_ms, egress_bytes, ai_tokens, connector, action,
 * kind, outcome]`, shorter where nothing follows; `at` is epoch ms, `connector` `namespace/name`, `kind` that of the step, `outcome` an
 * `AttemptOutcome`. With the execution's id its sequence is the id of the record that it becomes, so that whatever is sent twice counts
 * once. Thousands go in one text that is quoted once more on its way, so names would cost more than what they name.
 */
export type UsageFactRow = readonly (number | string)[];
