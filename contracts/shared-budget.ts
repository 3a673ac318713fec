import type { Period } from "./period.ts";

/**
 * What all executions of a tenant, or of one workflow, may spend together in a period. Steps are counted as `max_steps` of an
 * execution counts them, seconds are those that plugins took, tokens and cost are what services report.
 */
export interface SharedBudget {
  /** `tenant`, or `workflow:<slug>`. */
  scope: string;
  period: Period;
  /** In whole units of `BUDGET_UNITS`. */
  amounts: Partial<Record<BudgetMeter, number>>;
  /** How long what it pauses waits for a raise. */
  holdMs?: number;
}

/** Meters of a shared budget, and how many of the units they are counted in make one of those they are written in. */
export const BUDGET_UNITS = {
  max_steps: 1,
  max_seconds: 1_000,
  max_tokens: 1,
  max_cost: 1_000_000,
} as const;
export type BudgetMeter = keyof typeof BUDGET_UNITS;
export const BUDGET_METERS: readonly BudgetMeter[] = Object.keys(BUDGET_UNITS) as BudgetMeter[];

/** The account of one meter of a budget: `budget:tenant:max_steps@2026-11`. */
export function budgetAccount(scope: string, meter: BudgetMeter, period: string): string {
  return `budget:${scope}:${meter}@${period}`;
}

/** What an account's name says. A limit: `executions_per_month@2026-11`, `concurrent_executions`. */
export interface AccountName {
  /** Absent for a limit. */
  budget?: { scope: string; meter: BudgetMeter };
  limit: string;
  /** Absent for what does not start over. */
  period?: string;
}

/** Reads the name of an account. */
export function readAccount(account: string): AccountName {
  const at = account.lastIndexOf("@");
  const name = at < 0 ? account : account.slice(0, at);
  const period = at < 0 ? undefined : account.slice(at + 1);
  const meter = BUDGET_METERS.find((it) => name.startsWith("budget:") && name.endsWith(`:${it}`));
  if (meter === undefined) return { limit: name, period };
  const scope = name.slice("budget:".length, -meter.length - 1);
  return { budget: { scope, meter }, limit: name, period };
}
