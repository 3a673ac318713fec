import { DURATION_BOUNDS_S } from "../metrics/duration-bounds.ts";
import type { MetricFamily, Sample } from "../metrics/prometheus-text.ts";
import { otlpAttributes, unixNano } from "./otlp-json.ts";

const CUMULATIVE = 2;

/** The families of `/metrics` as OTLP has them: the same names and labels, counters and histograms cumulative since `since`. */
export function otlpMetrics(families: readonly MetricFamily[], since: number, now: number): object[] {
  const times = { startTimeUnixNano: unixNano(since), timeUnixNano: unixNano(now) };
  return families
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, type, samples }) => {
      const numbers = () =>
        samples.map(({ labels = {}, value }) => ({ attributes: otlpAttributes(labels), ...times, asDouble: value }));
      const about = { name, description: help };
      switch (type) {
        case "counter":
          return { ...about, sum: { dataPoints: numbers(), aggregationTemporality: CUMULATIVE, isMonotonic: true } };
        case "gauge":
          return { ...about, gauge: { dataPoints: numbers() } };
        case "histogram": {
          const dataPoints = histogramPoints(samples).map((point) => ({ ...times, ...point }));
          return { ...about, unit: "s", histogram: { dataPoints, aggregationTemporality: CUMULATIVE } };
        }
        default:
          return type satisfies never;
      }
    });
}

/** Prometheus counts up to each bound, OTLP within each bucket. */
function histogramPoints(samples: readonly Sample[]): object[] {
  const size = DURATION_BOUNDS_S.length + 3;
  const points: object[] = [];
  for (let at = 0; at < samples.length; at += size) {
    const upTo = samples.slice(at, at + size - 2).map(({ value }) => value);
    const [sum, count] = samples.slice(at + size - 2, at + size);
    points.push({
      attributes: otlpAttributes(sum?.labels ?? {}),
      count: String(count?.value ?? 0),
      sum: sum?.value ?? 0,
      explicitBounds: [...DURATION_BOUNDS_S],
      bucketCounts: upTo.map((value, index) => String(value - (upTo[index - 1] ?? 0))),
    });
  }
  return points;
}
