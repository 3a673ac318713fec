import { describe, expect, test } from "vitest";
import { readOptions } from "./options.ts";
import { selectWork } from "./select-work.ts";

function selected(...args: string[]): string[] {
  const options = readOptions(args);
  if (!options) throw new Error(`${args.join(" ")} was refused`);
  const { inProcess, cases, long, arrivals, metering } = selectWork(options);
  const names = [...cases, ...arrivals].map(({ name }) => name);
  return [...names, ...long, ...(inProcess ? ["L1"] : []), ...(metering ? ["M1"] : [])];
}

const W1 = ["W1 c=1", "W1 c=16", "W1 c=64"];
const QUICK = [...W1, "W2 c=1", "W3 c=1", "W4 c=1", "W5 c=64", "S1", "S2 c=1", "S2 c=16", "N1", "N2", "N3", "L1"];

describe("what is measured", () => {
  test("is everything where nothing is named", () => {
    expect(selected().toSorted()).toEqual([...QUICK, "S3", "M1"].toSorted());
  });

  test("is without what takes minutes in a quick run", () => {
    expect(selected("--quick").toSorted()).toEqual(QUICK.toSorted());
  });

  test("is what is named, also in a quick run", () => {
    expect(selected("--only", "S1,S2,S3,M1")).toEqual(["S1", "S2 c=1", "S2 c=16", "S3", "M1"]);
    expect(selected("--quick", "--only", "S3,M1")).toEqual(["S3", "M1"]);
    expect(selected("--only", "N2")).toEqual(["N2"]);
    expect(selected("--only", "L1")).toEqual(["L1"]);
  });

  test("is W1 alone for the gate that CI runs", () => {
    expect(selected("--quick", "--gate")).toEqual(W1);
  });

  test("needs a floor where there is only the floor", () => {
    expect(selected("--floor-only", "--only", "W2,S1,S3,N1,M1,L1")).toEqual(["W2 c=1", "S1", "S3"]);
  });
});
