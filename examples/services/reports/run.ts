import { start } from "./server.ts";

/* `node --experimental-strip-types examples/services/reports/run.ts`, with SMARTIFY_URL, SMARTIFY_API_KEY and REPORTS_URL set. */

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

const service = await start({
  port: Number(process.env.REPORTS_PORT ?? "8700"),
  platform: given("SMARTIFY_URL"),
  apiKey: given("SMARTIFY_API_KEY"),
  url: given("REPORTS_URL"),
});
console.log(`reports: listening on port ${service.port}, registered as reports-1`);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void service.close().then(() => process.exit(0)));
