import type { FieldTable } from "./field.ts";
import { accepted } from "./field-kinds.ts";

/** What may stand beside `workflows:` or `workflow:` at the top of a file, and in a bare workflow. */
export const FILE_FIELDS: FieldTable = {
  schemaVersion: accepted("Which version of the language the file is written in."),
  schema_version: accepted("Which version of the language the file is written in."),
  type: accepted("What the file holds."),
  name: accepted("What the file is called."),
  namespace: accepted("Whose the file is."),
  description: accepted("What the file is for."),
  version: accepted("The version of the file."),
  metadata: accepted("Anything; the platform does not read it."),
};
