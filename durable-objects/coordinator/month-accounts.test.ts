import { expect, test } from "vitest";
import { MonthAccounts } from "./month-accounts.ts";

test("accounts are those of the month, to its last millisecond, also when the clock goes back", () => {
  const accounts = new MonthAccounts();
  const at = (time: string): readonly string[] => accounts.at(Date.parse(time));
  const november = ["executions_per_month@2026-11", "steps_per_month@2026-11"];
  const december = ["executions_per_month@2026-12", "steps_per_month@2026-12"];
  expect(at("2026-11-01T00:00:00.000Z")).toEqual(november);
  expect(at("2026-11-30T23:59:59.999Z")).toEqual(november);
  expect(at("2026-12-01T00:00:00.000Z")).toEqual(december);
  expect(at("2026-11-30T23:59:59.999Z")).toEqual(november);
  expect(at("2027-12-31T23:59:59.999Z")).toEqual(["executions_per_month@2027-12", "steps_per_month@2027-12"]);
});
