import { parseArgs } from "node:util";

export interface BenchOptions {
  /** Two result files to compare instead of running. */
  compare?: [string, string];
  rounds: number;
  /** One round of short windows. */
  quick: boolean;
  /** Length of a measured window. */
  seconds: number;
  gate: boolean;
  floorOnly: boolean;
  /** Steps of the long executions. */
  steps: number;
  /** Only cases whose name begins with one of these; all when empty. */
  only: string[];
}

export const USAGE = `npm run bench -- [options]
  --quick              one round of short windows, without S3, M1 and P1
  --gate               W1 only; fail when fsyncs or CPU per run exceed bench/gates.json
  --floor-only         the floor alone
  --only W1,S3,C2,P1   some workloads
  --steps N            steps of the long executions N1–N3 (10000, at most 100000)
  --rounds N           interleaved rounds (4)
  --seconds N          length of a window (3)
  --compare A B        compare two result files`;

/** Undefined when the arguments make no sense. */
export function readOptions(args: string[]): BenchOptions | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        quick: { type: "boolean" },
        gate: { type: "boolean" },
        "floor-only": { type: "boolean" },
        only: { type: "string" },
        rounds: { type: "string" },
        seconds: { type: "string" },
        steps: { type: "string" },
        compare: { type: "boolean" },
      },
    });
    const [before, after, ...rest] = positionals;
    if (values.compare && (before === undefined || after === undefined || rest.length > 0)) return undefined;
    if (!values.compare && before !== undefined) return undefined;
    const rounds = Number(values.rounds ?? (values.quick ? 1 : 4));
    const seconds = Number(values.seconds ?? (values.quick ? 1 : 3));
    if (!Number.isInteger(rounds) || rounds < 1 || !(seconds > 0)) return undefined;
    const steps = Number(values.steps ?? 10_000);
    if (!Number.isInteger(steps) || steps < 1_000 || steps > 100_000) return undefined;
    return {
      steps,
      compare: before !== undefined && after !== undefined ? [before, after] : undefined,
      quick: values.quick ?? false,
      rounds,
      seconds,
      gate: values.gate ?? false,
      floorOnly: values["floor-only"] ?? false,
      only: values.only?.split(",") ?? (values.gate ? ["W1"] : []),
    };
  } catch {
    return undefined;
  }
}
