import type { ConnectorEntry } from "./entry.ts";

export const textEntry: ConnectorEntry = {
  about: `Make, change and take apart text. \`template\` gives back the text that the step's expressions have already made of its input: it
never evaluates anything itself, so text of others that looks like a template stays what it is. Lengths count Unicode code points.`,
  examples: [
    {
      action: "template",
      title: "A message",
      input: { template: "Hottest: 38 °C in Cairo" },
      output: { text: "Hottest: 38 °C in Cairo" },
    },
    { action: "upper", title: "Large letters", input: { text: "grüße" }, output: { text: "GRÜSSE" } },
    { action: "lower", title: "Small letters", input: { text: "OSLO" }, output: { text: "oslo" } },
    { action: "title", title: "A heading", input: { text: "it's über cool" }, output: { text: "It's Über Cool" } },
    { action: "trim", title: "No blanks around", input: { text: "  a b " }, output: { text: "a b" } },
    {
      action: "replace",
      title: "Literally, not as a pattern",
      input: { text: "a.b.c", search: ".", replacement: "-" },
      output: { text: "a-b-c" },
    },
    {
      action: "truncate",
      title: "At most four characters",
      input: { text: "weather", length: 4 },
      output: { text: "wea…" },
    },
    { action: "split", title: "At commas", input: { text: "a,b" }, output: { parts: ["a", "b"] } },
    {
      action: "join",
      title: "With a dash",
      input: { items: ["a", 1, true], separator: "-" },
      output: { text: "a-1-true" },
    },
    { action: "contains", title: "Is it in there?", input: { text: "abc", search: "bc" }, output: { result: true } },
    { action: "length", title: "How long", input: { text: "🌤x" }, output: { length: 2 } },
  ],
};
