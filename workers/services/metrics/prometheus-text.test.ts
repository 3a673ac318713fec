import { expect, test } from "vitest";
import { durationHistogram } from "./duration-histogram.ts";
import { prometheusText } from "./prometheus-text.ts";

test("label values and help texts are escaped as the format wants it", () => {
  const labels = { workflow: 'a "b"\\c\nd' };
  const family = { name: "m_total", help: "one\ntwo\\", type: "counter", samples: [{ labels, value: 1 }] } as const;
  expect(prometheusText([family])).toBe(
    '# HELP m_total one\\ntwo\\\\\n# TYPE m_total counter\nm_total{workflow="a \\"b\\"\\\\c\\nd"} 1\n',
  );
});

test("each bucket of a histogram counts all that is within its bound", () => {
  const labels = { workflow: "w" };
  const samples = durationHistogram([
    { labels, bucket: 0, runs: 2, seconds: 0.01 },
    { labels, bucket: 4, runs: 3, seconds: 2 },
    { labels, bucket: 11, runs: 1, seconds: 100_000 },
  ]);
  const buckets = samples.filter(({ suffix }) => suffix === "_bucket").map(({ value }) => value);
  expect(buckets).toEqual([2, 2, 2, 2, 5, 5, 5, 5, 5, 5, 5, 6]);
  expect(samples.at(-2)).toEqual({ suffix: "_sum", labels, value: 100_002.01 });
});
