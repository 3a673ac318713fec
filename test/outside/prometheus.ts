export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Family {
  type: string;
  help: string;
  samples: Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|(?=\}))/;
const VALUE = /^ (\+Inf|-Inf|NaN|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?: (-?\d+))?$/;
const SUFFIXES: Record<string, string[]> = {
  counter: [""],
  gauge: [""],
  untyped: [""],
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["", "_sum", "_count"],
};

/**
 * Reads Prometheus' text format 0.0.4 as strictly as its description allows: throws at a line that is none, at samples
 * apart from their family, at a sample that comes twice, and at histograms that do not add up.
 */
export function parsePrometheus(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let current = "";
  for (const line of text.slice(0, -1).split("\n")) {
    if (line === "") continue;
    if (line.startsWith("#")) {
      current = readComment(line, families) ?? current;
      continue;
    }
    const sample = parseSample(line);
    const family = families.get(current);
    if (family === undefined || !(SUFFIXES[family.type] ?? []).some((suffix) => current + suffix === sample.name)) {
      throw new Error(`not of the family ${current}: ${line}`);
    }
    const place = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (seen.has(place)) throw new Error(`twice: ${line}`);
    seen.add(place);
    family.samples.push(sample);
  }
  for (const [name, family] of families) if (family.type === "histogram") checkHistogram(name, family);
  return families;
}

/** Takes a HELP or TYPE line; answers the family it begins. */
function readComment(line: string, families: Map<string, Family>): string | undefined {
  if (!/^# (HELP|TYPE)/.test(line)) return undefined;
  const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
  const family = families.get(name) ?? { type: "", help: "", samples: [] };
  if (NAME.exec(name)?.[0] !== name) throw new Error(`not a name: ${line}`);
  if (family.samples.length > 0) throw new Error(`after its samples: ${line}`);
  if (kind === "TYPE" && (family.type !== "" || SUFFIXES[rest] === undefined)) throw new Error(`a type: ${line}`);
  if (kind === "HELP" && family.help !== "") throw new Error(`a second help: ${line}`);
  families.set(name, { ...family, ...(kind === "TYPE" ? { type: rest } : { help: rest }) });
  return name;
}

function parseSample(line: string): Sample {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) throw new Error(`no name: ${line}`);
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith("{")) {
    rest = rest.slice(1);
    while (!rest.startsWith("}")) {
      const [whole, label = "", value = ""] = LABEL.exec(rest) ?? [];
      if (whole === undefined || label in labels) throw new Error(`a label: ${line}`);
      labels[label] = value.replaceAll(/\\(.)/g, (_all, escaped: string) => (escaped === "n" ? "\n" : escaped));
      rest = rest.slice(whole.length);
    }
    rest = rest.slice(1);
  }
  const [, value] = VALUE.exec(rest) ?? [];
  if (value === undefined) throw new Error(`no value: ${line}`);
  return { name, labels, value: Number(value.replace("Inf", "Infinity")) };
}

function checkHistogram(name: string, { samples }: Family): void {
  const counts = samples.filter((sample) => sample.name === `${name}_count`);
  for (const count of counts) {
    const same = ({ labels: { le: _le, ...labels } }: Sample): boolean =>
      JSON.stringify(Object.entries(labels).sort()) === JSON.stringify(Object.entries(count.labels).sort());
    const buckets = samples.filter((sample) => sample.name === `${name}_bucket` && same(sample));
    const edges = buckets.map(({ labels }) => Number(labels.le?.replace("Inf", "Infinity")));
    const values = buckets.map(({ value }) => value);
    const rising = (list: number[]): boolean => list.every((value, at) => at === 0 || value >= (list[at - 1] ?? 0));
    if (!rising(edges) || !rising(values)) throw new Error(`buckets of ${name} do not rise`);
    if (edges.at(-1) !== Number.POSITIVE_INFINITY || values.at(-1) !== count.value) {
      throw new Error(`${name}: its last bucket is not its count ${JSON.stringify(count)}`);
    }
    if (!samples.some((sample) => sample.name === `${name}_sum` && same(sample))) throw new Error(`${name}: no sum`);
  }
  if (samples.some((sample) => sample.name === `${name}_bucket`) && counts.length === 0)
    throw new Error(`${name}: no count`);
}
