import { getMetrics } from "../../../services/metrics/get-metrics.ts";
import { PROMETHEUS_TYPE } from "../../../services/metrics/prometheus-text.ts";
import { endpoint } from "../../endpoint.ts";

export const get = endpoint({
  method: "get",
  path: "/metrics",
  tag: "usage",
  summary: "Metrics for Prometheus",
  description:
    "Executions, attempts, durations, error ratio, queue depth and usage of the key's tenant and environment. Counters never go back.",
  scope: "metrics:read",
  answers: { 200: { description: "Metrics", texts: { "text/plain": "Prometheus' text format 0.0.4." } } },
  async handle({ context }) {
    return { status: 200, text: await getMetrics(context), headers: { "content-type": PROMETHEUS_TYPE } };
  },
});
