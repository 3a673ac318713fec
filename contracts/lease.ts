import type { SharedBudget } from "./shared-budget.ts";

/*
 * Leases: how cells use limits that their tenant object keeps, without asking it each time. For an account and a holder there
 * are two numbers: `used`, which the holder counts, and `granted` ≥ `used`, up to which it may go. The tenant object
 * keeps the sum of all `granted` at or below the ceiling. For what starts over, `used` only grows within its period; for what is given back
 * (running executions) it goes up and down. Both numbers are absolute, so a question or an answer may be repeated or lost.
 */

/** What a cell wants of one account. */
export interface LeaseWish {
  account: string;
  /** What it has used of it. */
  used: number;
  /** What it would like to be able to use beyond that. */
  want: number;
}

export interface LeaseAsk {
  /** Name of the asking cell. */
  holder: string;
  /** Grows from question to question: one that comes late changes nothing. */
  seq: number;
  /** Version of the budgets that it knows. */
  budgets: number;
  wishes: LeaseWish[];
}

export interface LeaseGrant {
  account: string;
  granted: number;
  /** Grows with every change of this lease: an answer that comes late is not believed. */
  mark: number;
  /** Null: there is no limit. */
  ceiling: number | null;
  /** Used by all holders, as far as they have said. */
  total: number;
}

/** The tenant's budgets, which cells keep a copy of. */
export interface BudgetList {
  version: number;
  budgets: SharedBudget[];
}

export interface LeaseAnswer {
  grants: LeaseGrant[];
  /** Where the asking cell knows older ones. */
  budgets?: BudgetList;
  /** The question was older than another of this holder's: nothing happened, and the next must have a higher `seq` than this. */
  behind?: number;
}

/** What a cell has used of an account, when the tenant object asks. */
export interface LeaseReport {
  used: number;
  /** Nothing of this holder will ever be counted again: it ran one execution, which is over. */
  closed: boolean;
}

/** The part of a cell that its tenant object talks to about leases. */
export interface LeaseHolderRpc {
  /**
   * What it has used. With a `mark`, it gives back what it has not used, and believes no grant that is older. Null where it knows
   * no such account.
   */
  reportLease(account: string, mark?: number): Promise<LeaseReport | null>;
  /** Budgets or limits have changed, or something was freed: what queues or is paused for it may try again. */
  leasesChanged(budgets: BudgetList): Promise<void>;
}

/**
 * How much of what is free a holder gets beyond what it has used: what it wants, but never more than a quarter of what is free, so
 * that blocks get smaller near the ceiling and others find something, too.
 */
export function leaseBlock(free: number, want: number): number {
  if (free < 1 || want < 1) return 0;
  return Math.floor(Math.min(want, Math.max(1, free / 4)));
}
