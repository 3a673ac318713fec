import { toolboxManifest } from "./first-party-manifest.ts";
import { integer, list, map, number, object, oneOf, string } from "./schema-terms.ts";

/** What `compute` can work out. */
export const OPERATION_TYPES = [
  "max",
  "min",
  "average",
  "avg",
  "mean",
  "sum",
  "total",
  "count",
  "distinct",
  "median",
  "range",
  "variance",
  "stddev",
  "percentile",
  "first",
  "last",
  "top",
] as const;

/** `community/analytics`: statistics over a list. */
export const analytics = toolboxManifest(
  {
    name: "analytics",
    displayName: "Analytics",
    description: "Statistics over lists of numbers or maps",
    categories: ["data", "math"],
  },
  [
    {
      name: "compute",
      description:
        "One member per operation, named by its type (`max`), by type and field where a type stands twice (`max_wind`), or by `as`. Missing values are left out.",
      input: object({
        data: list("Numbers, or maps with numbers"),
        "operations?": list(
          "What to compute",
          object({
            type: oneOf("Which figure", OPERATION_TYPES),
            "field?": string("Member to compute over; dots reach inside"),
            "as?": string("Name of the result", { minLength: 1 }),
            "percent?": number("For percentile: 0 to 100", { minimum: 0, maximum: 100 }),
            "count?": integer("For top: how many", { minimum: 1 }),
          }),
        ),
        "metrics?": list("Names of figures, all over the same field; `top_<things>` gives the largest items", {
          type: "string",
        }),
        "field?": string(
          "The field of `metrics` and of operations without one; without it the only member that is a number",
        ),
      }),
      output: map("The figures by name"),
    },
  ],
);
