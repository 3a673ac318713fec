import { LOG_LEVELS } from "../logging.ts";
import type { ConnectorEntry } from "./entry.ts";

const examples = LOG_LEVELS.flatMap((level) =>
  [level, `log_${level}`].map((action) => ({
    action,
    title: `A message of level ${level}`,
    input: { message: "Order 7 is late", context: { order: 7 } },
    output: { logged: true, level, message: "Order 7 is late", context: { order: 7 } },
  })),
);

export const loggingEntry: ConnectorEntry = {
  about: `Says something in the record of the run: the line stands in the execution's events (\`log\`), in its logs and in the step's output. Messages
that are no text are written as JSON. A secret cannot stand in one.`,
  examples: [
    ...examples,
    {
      action: "log",
      title: "The level as a value",
      input: { message: { id: 7 }, level: "warn" },
      output: { logged: true, level: "warn", message: '{"id":7}' },
    },
  ],
};
