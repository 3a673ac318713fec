import type { ConnectorEntry } from "./entry.ts";

const weather = [
  { location: "Oslo", temperature: 4, windspeed: 60 },
  { location: "Cairo", temperature: 38, windspeed: 10 },
  { location: "Lima", temperature: 20, windspeed: 12 },
];
const [oslo, cairo] = weather;

export const dataEntry: ConnectorEntry = {
  about: `Filter, sort, group and reshape lists and maps. What comes back is the list or map itself, so the next step reads
\`{{ steps.hot.output }}\`. Names of members reach inside by dots (\`customer.name\`). \`filter\` keeps an item when any condition holds, or all of
them with \`match: all\`; values of different types have no order, so \`"9" > 5\` is false rather than a guess.`,
  examples: [
    {
      action: "filter",
      title: "Hot or windy",
      input: {
        data: weather,
        conditions: [
          { field: "temperature", operator: ">", value: 35 },
          { field: "windspeed", operator: ">", value: 50 },
        ],
      },
      output: [oslo ?? null, cairo ?? null],
    },
    { action: "sort", title: "Largest first", input: { data: [2, 3, 1], order: "desc" }, output: [3, 2, 1] },
    {
      action: "group",
      title: "By kind",
      input: {
        data: [
          { k: "a", v: 1 },
          { k: "b", v: 2 },
          { k: "a", v: 3 },
        ],
        by: "k",
      },
      output: [
        {
          key: "a",
          items: [
            { k: "a", v: 1 },
            { k: "a", v: 3 },
          ],
        },
        { key: "b", items: [{ k: "b", v: 2 }] },
      ],
    },
    { action: "unique", title: "Each once", input: { data: ["a", "b", "a"] }, output: ["a", "b"] },
    {
      action: "pick",
      title: "Only two members",
      input: { data: { a: 1, b: 2, c: 3 }, fields: ["a", "c"] },
      output: { a: 1, c: 3 },
    },
    {
      action: "omit",
      title: "Without one",
      input: { data: { a: 1, b: { c: 2, d: 3 } }, fields: ["b.c"] },
      output: { a: 1, b: { d: 3 } },
    },
    {
      action: "merge",
      title: "Deeply",
      input: { objects: [{ a: { x: 1 } }, { a: { y: 2 } }], deep: true },
      output: { a: { x: 1, y: 2 } },
    },
    { action: "flatten", title: "One level", input: { data: [1, [2, [3]]] }, output: [1, 2, [3]] },
    { action: "slice", title: "The last two", input: { data: [1, 2, 3], start: -2 }, output: [2, 3] },
    {
      action: "map",
      title: "One member of each",
      input: { data: weather, field: "location" },
      output: ["Oslo", "Cairo", "Lima"],
    },
  ],
};
