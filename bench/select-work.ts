import { ARRIVAL_CASES, type ArrivalCase } from "./arrivals/arrival-cases.ts";
import { CALL_CASES, type CallCase } from "./calls/call-cases.ts";
import { LONG_CASES } from "./long/long-cases.ts";
import { METERING_CASES } from "./metering/metering-cost.ts";
import type { BenchOptions } from "./options.ts";
import { BENCH_CASES, type BenchCase } from "./workloads.ts";

/** What a run of the benchmark measures. */
export interface Work {
  inProcess: boolean;
  cases: BenchCase[];
  /** Names of long executions. */
  long: string[];
  arrivals: ArrivalCase[];
  calls: CallCase[];
  /** Names of M1 at its concurrencies. */
  metering: string[];
  neighbours: boolean;
}

/**
 * Named workloads are measured as asked. With nothing named it is everything, but in a quick run not what takes minutes, and
 * without a platform nothing that has no floor.
 */
export function selectWork({ only, quick, floorOnly }: BenchOptions): Work {
  const isNamed = (name: string): boolean => only.some((part) => name.startsWith(part));
  const isWanted = (name: string): boolean => only.length === 0 || isNamed(name);
  const isWantedSlow = (name: string): boolean => isNamed(name) || (only.length === 0 && !quick);
  return {
    inProcess: isWanted("L1") && !floorOnly,
    cases: BENCH_CASES.filter(({ name }) => isWanted(name)),
    long: floorOnly ? [] : LONG_CASES.map(({ name }) => name).filter(isWanted),
    arrivals: ARRIVAL_CASES.filter(({ name, slow }) => (slow ? isWantedSlow(name) : isWanted(name))),
    calls: CALL_CASES.filter(({ name }) => isWanted(name)),
    metering: floorOnly ? [] : METERING_CASES.filter(isWantedSlow),
    neighbours: isWantedSlow("P1") && !floorOnly,
  };
}
