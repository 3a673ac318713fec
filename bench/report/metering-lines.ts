import type { Difference, MeteringCost } from "../metering/metering-cost.ts";
import { MOST_PERCENT, meteringVerdict } from "../metering/metering-verdict.ts";

const VERDICTS = {
  within: "within the target",
  over: "OVER the target",
  "too noisy": "not judged: too noisy, or too few blocks",
} as const;

/** M1 as text. */
export function meteringLines(cost: MeteringCost): string {
  const { title, workerd, host, control, blocks } = cost;
  return [
    `M1 ${title}, ${blocks.length} blocks of freshly started platforms (± standard error over the blocks)`,
    `  workerd        ${written(workerd)}   at most ${MOST_PERCENT} %: ${VERDICTS[meteringVerdict(cost)]}`,
    `  host process   ${written(host)}   Postgres, elsewhere in production`,
    `  control        ${written(control)}   two platforms without metering: noise`,
  ].join("\n");
}

function written({ percent, errorPercent }: Difference): string {
  const error = errorPercent === null ? "?" : errorPercent.toFixed(1);
  return `${percent < 0 ? "" : "+"}${percent.toFixed(1)} % ± ${error}`.padStart(14);
}
