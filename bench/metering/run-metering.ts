import { checkMeteringGates, findNoisy, type Limits } from "../judge.ts";
import { measureMetering } from "./measure-metering.ts";
import type { MeteringCase } from "./metering-cost.ts";

interface Options {
  /** Names of the cases that are measured. */
  only: readonly string[];
  rounds: number;
  /** How often what is too noisy, or over a gate, is measured again. */
  repeats: number;
  limits: Limits;
  said(line: string): void;
}

/** M1 at each concurrency. */
export async function runMetering(
  folder: string,
  { only, rounds, repeats, limits, said }: Options,
): Promise<MeteringCase[]> {
  if (only.length === 0) return [];
  let cases = await measureMetering(folder, { rounds, said, only });
  for (let again = 0; again < repeats; again += 1) {
    const noisy = findNoisy(cases, limits);
    const failed = checkMeteringGates(cases, limits).filter(({ passed }) => !passed);
    const off = [...new Set([...noisy.map((it) => it.case), ...failed.map(({ name }) => name)])];
    if (off.length === 0) break;
    for (const { reason } of noisy) said(`invalid: ${reason}`);
    said(`again: ${off.join(", ")}`);
    const better = await measureMetering(folder, { rounds, said, only: off });
    cases = cases.map((it) => better.find(({ name }) => name === it.name) ?? it);
  }
  return cases;
}
