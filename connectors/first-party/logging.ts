import { toolboxManifest } from "./first-party-manifest.ts";
import { anything, boolean, map, object, oneOf, string } from "./schema-terms.ts";

/** How grave a message is, from least to most. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

const message = anything("What to say; other values than text are written as text");
const output = object({
  logged: boolean("Always true"),
  level: oneOf("How grave it is", LOG_LEVELS),
  message: string("The message as text"),
  "context?": map("What came with it"),
});

const plain = [...LOG_LEVELS, ...LOG_LEVELS.map((level) => `log_${level}`)].map((name) => ({
  name,
  description: `A message of level ${name.replace("log_", "")}`,
  input: object({ message, "context?": map("More about it") }),
  output,
}));

/** `community/logging`: messages that stand in the run's record. */
export const logging = toolboxManifest(
  {
    name: "logging",
    displayName: "Logging",
    description: "Say something in the record of the run",
    categories: ["observability"],
  },
  [
    ...plain,
    {
      name: "log",
      description: "A message of any level",
      input: object({
        message,
        "level?": oneOf("How grave it is", LOG_LEVELS, { default: "info" }),
        "context?": map("More about it"),
      }),
      output,
    },
  ],
);
