import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { callPlatform } from "./call-platform.ts";
import { dataFolder, readDevFile } from "./dev-file.ts";
import { complain, say } from "./terminal.ts";

/*
 * `npm run usage -- audit [--tenant ID] [--since TIME]`: recomputes usage from the executions' logs and compares it with the
 * records and their sums; ends with 1 when anything differs. `npm run usage -- correct --record ID --reason TEXT --actor NAME
 * --add '{"step_runs": -1}' [--id cor_…]`: a further record that corrects one. On a deployment, SMARTIFY_URL and BOOTSTRAP_TOKEN
 * say which.
 */

const USAGE = `Usage: npm run usage -- audit [--tenant ID] [--since TIME]
       npm run usage -- correct --record ID --reason TEXT --actor NAME --add JSON [--id cor_…]`;

interface Access {
  url: string;
  token: string;
}

function access(): Access {
  const { SMARTIFY_URL: url, BOOTSTRAP_TOKEN: token } = process.env;
  if (url !== undefined && token !== undefined) return { url, token };
  const dataDir = dataFolder();
  const running = readDevFile(dataDir);
  if (running === null)
    throw new Error(`No platform runs on ${dataDir}: start it with \`npm start\`, or set SMARTIFY_DATA_DIR`);
  const secrets: { BOOTSTRAP_TOKEN: string } = JSON.parse(readFileSync(join(dataDir, "secrets.json"), "utf8"));
  return { url: running.base_url, token: secrets.BOOTSTRAP_TOKEN };
}

function call({ url, token }: Access, path: string, json: object): Promise<Record<string, unknown>> {
  return callPlatform(url, { method: "POST", path, authorization: `Bootstrap ${token}`, json });
}

async function audit(tenant: string | undefined, since: string | undefined): Promise<number> {
  const to = access();
  const found = { tenants: 0, executions: 0, step_runs: 0, differences: 0 };
  let cursor: string | undefined;
  do {
    const answer = await call(to, "/internal/usage/audit", { tenant_id: tenant, since, cursor });
    if (answer.tenant_id === null) break;
    const differences = Array.isArray(answer.differences) ? answer.differences : [];
    for (const difference of differences)
      process.stdout.write(`${JSON.stringify({ tenant_id: answer.tenant_id, ...difference })}\n`);
    found.tenants += 1;
    found.executions += Number(answer.executions);
    found.step_runs += Number(answer.step_runs);
    found.differences += differences.length;
    cursor = typeof answer.next_cursor === "string" ? answer.next_cursor : undefined;
  } while (cursor !== undefined);
  say(
    `${found.tenants} tenants, ${found.executions} executions, ${found.step_runs} step runs: ${found.differences} differences`,
  );
  return found.differences === 0 ? 0 : 1;
}

async function correct(values: Readonly<Record<string, string | undefined>>): Promise<number> {
  const { record, reason, actor, id, add = "" } = values;
  if (!record || !reason || !actor || add === "") throw new Error(USAGE);
  const answer = await call(access(), "/internal/usage/corrections", {
    record,
    reason,
    actor,
    id,
    add: JSON.parse(add),
  });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  return 0;
}

async function main(): Promise<number> {
  const text = { type: "string" } as const;
  const options = { tenant: text, since: text, record: text, reason: text, actor: text, add: text, id: text };
  try {
    const { positionals, values } = parseArgs({ options, allowPositionals: true });
    if (positionals.join(" ") === "audit") return await audit(values.tenant, values.since);
    if (positionals.join(" ") === "correct") return await correct(values);
    complain(USAGE);
    return 2;
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

process.exitCode = await main();
