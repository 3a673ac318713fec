export interface ParsedSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface ParsedMetrics {
  types: Map<string, string>;
  samples: ParsedSample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;
const NUMBER = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)$/;

/**
 * Prometheus' text format 0.0.4 by its documentation, and stricter: every family has HELP and TYPE and stands in one place, no
 * series comes twice, counters end in `_total` and are not negative, histograms are whole and grow with their bounds.
 */
export function parsePrometheus(text: string): ParsedMetrics {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const seen = new Set<string>();
  const samples: ParsedSample[] = [];
  let family = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line);
    if (comment) {
      const [, kind, name = "", rest = ""] = comment;
      if (kind === "HELP") {
        if (helped.has(name)) throw new Error(`${name} is in two places`);
        helped.add(name);
        family = name;
      } else {
        if (name !== family || types.has(name)) throw new Error(`TYPE of ${name} is not with its HELP`);
        if (!["counter", "gauge", "histogram"].includes(rest)) throw new Error(`${name} has the type ${rest}`);
        types.set(name, rest);
      }
      continue;
    }
    const sample = sampleOf(line, family, types.get(family));
    const { name, labels } = sample;
    const series = `${name}${JSON.stringify(Object.entries(labels).toSorted())}`;
    if (seen.has(series)) throw new Error(`twice: ${line}`);
    seen.add(series);
    samples.push(sample);
  }
  for (const [name, type] of types) if (type === "histogram") checkHistogram(name, samples);
  return { types, samples };
}

function sampleOf(line: string, family: string, type: string | undefined): ParsedSample {
  const [, name = "", labelText = "", number = ""] = SAMPLE.exec(line) ?? [];
  if (name === "" || !NUMBER.test(number)) throw new Error(`not a sample: ${line}`);
  const own = type === "histogram" ? [`${family}_bucket`, `${family}_sum`, `${family}_count`] : [family];
  if (!own.includes(name)) throw new Error(`${name} stands under ${family}`);
  if (type === "counter" && (!name.endsWith("_total") || !(Number(number) >= 0)))
    throw new Error(`no counter: ${line}`);
  const value = number === "+Inf" ? Number.POSITIVE_INFINITY : Number(number);
  return { name, labels: labelsOf(labelText, line), value };
}

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ""; ) {
    const [whole = "", name = "", value = ""] = LABEL.exec(rest) ?? [];
    if (whole === "" || name in labels) throw new Error(`labels are wrong: ${line}`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, letter: string) => (letter === "n" ? "\n" : letter));
    rest = rest.slice(whole.length);
  }
  return labels;
}

function checkHistogram(name: string, samples: readonly ParsedSample[]): void {
  const series = new Map<string, { bound: number; value: number }[]>();
  const keyOf = ({ le: _le, ...labels }: Record<string, string>) => JSON.stringify(Object.entries(labels).toSorted());
  for (const { name: own, labels, value } of samples) {
    if (own !== `${name}_bucket`) continue;
    const bound = labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le);
    series.set(keyOf(labels), [...(series.get(keyOf(labels)) ?? []), { bound, value }]);
  }
  for (const [key, buckets] of series) {
    const last = buckets.at(-1);
    for (const [index, { bound, value }] of buckets.entries()) {
      const before = buckets[index - 1];
      if (before && (before.bound >= bound || before.value > value)) throw new Error(`${name} ${key} does not grow`);
    }
    const count = samples.find((it) => it.name === `${name}_count` && keyOf(it.labels) === key);
    const sum = samples.find((it) => it.name === `${name}_sum` && keyOf(it.labels) === key);
    if (last?.bound !== Number.POSITIVE_INFINITY || last.value !== count?.value || !sum)
      throw new Error(`${name} ${key} is not whole`);
  }
}
