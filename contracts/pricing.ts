/** Price of one unit of each meter (section 16) in US dollars. */
interface UnitPrices {
  executions: number;
  step_runs: number;
  compute_ms: number;
  egress_bytes: number;
  ai_tokens: number;
}

/**
 * The list price. The numbers are the product's own (docs/decisions/0007-list-prices.md): $0.40 for 1,000 executions, $0.10 for
 * 1,000 step runs, $0.02 for 1,000 seconds of compute, $0.09 for a gigabyte sent, $2 for a million AI tokens.
 */
const LIST_PRICE_USD: Readonly<UnitPrices> = {
  executions: 0.4 / 1_000,
  step_runs: 0.1 / 1_000,
  compute_ms: 0.02 / 1_000_000,
  egress_bytes: 0.09 / 1_000_000_000,
  ai_tokens: 2 / 1_000_000,
};

interface Amount {
  least: number;
  /** null: unbounded. */
  most: number | null;
}

export interface Price extends Amount {
  currency: "USD";
  /** What is in it and what is not. */
  basis: string;
}

/** What one run costs, as far as its definition tells: executions and step runs. */
export function runPrice(executions: Amount, stepRuns: Amount): Price {
  const least = executions.least * LIST_PRICE_USD.executions + stepRuns.least * LIST_PRICE_USD.step_runs;
  const most =
    executions.most === null || stepRuns.most === null
      ? null
      : executions.most * LIST_PRICE_USD.executions + stepRuns.most * LIST_PRICE_USD.step_runs;
  return {
    currency: "USD",
    least: exact(least),
    most: most === null ? null : exact(most),
    basis: `${words(executions, "execution")} and ${words(stepRuns, "step run")} at list price. Compute time, egress and AI tokens are only known when it has run and are not in it; test keys are never billed.`,
  };
}

/** Sums of such small numbers end in noise that is no price. */
function exact(dollars: number): number {
  return Math.round(dollars * 1e8) / 1e8;
}

function words({ least, most }: Amount, unit: string): string {
  if (most === null) return `${least} or more ${unit}s`;
  if (least === most) return `${least} ${unit}${least === 1 ? "" : "s"}`;
  return `${least} to ${most} ${unit}s`;
}
