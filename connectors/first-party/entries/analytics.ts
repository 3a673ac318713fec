import type { ConnectorEntry } from "./entry.ts";

export const analyticsEntry: ConnectorEntry = {
  about: `Statistics over a list of numbers, or over a member of a list of maps. Each operation gives one member of the result, named by its type,
by type and field where a type stands twice, or by \`as\`. Missing values are left out; a value that is no number is refused by name. Variance and
standard deviation are those of the whole population; percentiles are interpolated.`,
  examples: [
    {
      action: "compute",
      title: "Several figures of one field",
      input: {
        data: [{ temperature: 4 }, { temperature: 38 }, { temperature: 20 }],
        operations: [
          { type: "max", field: "temperature" },
          { type: "min", field: "temperature" },
          { type: "median", field: "temperature", as: "typical" },
        ],
      },
      output: { max: 38, min: 4, typical: 20 },
    },
    {
      action: "compute",
      title: "By the names of metrics",
      input: {
        data: [
          { product: "a", total: 10 },
          { product: "b", total: 30 },
        ],
        metrics: ["total", "average", "top_products"],
      },
      output: {
        total: 40,
        average: 20,
        top_products: [
          { product: "b", total: 30 },
          { product: "a", total: 10 },
        ],
      },
    },
    {
      action: "compute",
      title: "The 95th percentile of plain numbers",
      input: {
        data: [2, 4, 4, 4, 5, 5, 7, 9],
        operations: [{ type: "percentile", percent: 95, as: "p95" }, { type: "count" }],
      },
      output: { p95: 8.299999999999999, count: 8 },
    },
  ],
};
