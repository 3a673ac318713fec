import { describe, expect, test } from "vitest";
import { readOptions } from "./options.ts";
import { selectWork } from "./select-work.ts";

function selected(...args: string[]): string[] {
  const options = readOptions(args);
  if (!options) throw new Error(`${args.join(" ")} was refused`);
  const { inProcess, cases, long, arrivals, calls, metering, neighbours } = selectWork(options);
  const names = [...cases, ...arrivals, ...calls].map(({ name }) => name);
  const alone = { L1: inProcess, P1: neighbours };
  return [
    ...names,
    ...long,
    ...metering,
    ...Object.entries(alone).flatMap(([name, isWanted]) => (isWanted ? [name] : [])),
  ];
}

const W1 = ["W1 c=1", "W1 c=16", "W1 c=64"];
const M1 = ["M1 c=1", "M1 c=16", "M1 c=64"];
const CALLS = ["C1", "C2", "C2 key", "C2 request", "C2 called", "C2 network", "C3", "C4", "C5"];
const QUICK = [
  ...W1,
  ...["W2 c=1", "W3 c=1", "W4 c=1", "W5 c=64"],
  ...["S1", "S2 c=1", "S2 c=16"],
  ...["N1", "N2", "N3", "L1"],
  ...CALLS,
];

describe("what is measured", () => {
  test("is everything where nothing is named", () => {
    expect(selected().toSorted()).toEqual([...QUICK, "S3", ...M1, "P1"].toSorted());
  });

  test("is without what takes minutes in a quick run", () => {
    expect(selected("--quick").toSorted()).toEqual(QUICK.toSorted());
  });

  test("is what is named, also in a quick run", () => {
    expect(selected("--only", "S1,S2,S3,M1")).toEqual(["S1", "S2 c=1", "S2 c=16", "S3", ...M1]);
    expect(selected("--quick", "--only", "S3,M1,P1")).toEqual(["S3", ...M1, "P1"]);
    expect(selected("--quick", "--only", "M1 c=16")).toEqual(["M1 c=16"]);
    expect(selected("--only", "N2")).toEqual(["N2"]);
    expect(selected("--only", "L1")).toEqual(["L1"]);
    expect(selected("--only", "C1,C2")).toEqual(["C1", "C2", "C2 key", "C2 request", "C2 called", "C2 network"]);
    expect(selected("--only", "C4", "--quick", "--gate")).toEqual(["C4"]);
  });

  test("is W1 alone for the gate that CI runs", () => {
    expect(selected("--quick", "--gate")).toEqual(W1);
  });

  test("needs a floor where there is only the floor", () => {
    expect(selected("--floor-only", "--only", "W2,S1,S3,C3,N1,M1,P1,L1")).toEqual(["W2 c=1", "S1", "S3", "C3"]);
  });
});
