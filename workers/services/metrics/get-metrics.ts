import type { Context } from "../context.ts";
import { catchUp } from "../executions/catch-up.ts";
import { prometheusText } from "./prometheus-text.ts";
import { tenantMetrics } from "./tenant-metrics.ts";

/** Metrics of the key's tenant and environment, after the read model has been brought up to date. */
export async function getMetrics(context: Context): Promise<string> {
  const asOf = await catchUp(context, { usage: true });
  return prometheusText(await tenantMetrics(context.ports, context.caller, asOf));
}
