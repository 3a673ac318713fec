import type { Json, JsonObject } from "../../../engine/json.ts";

/**
 * One call that shows what an action does. A text `{{ secrets.NAME }}` stands for the secret of that name. Every example is carried
 * out by `test/first-party/`: against the functions themselves, or against a local counterpart of the service.
 */
export interface ActionExample {
  action: string;
  title: string;
  input: JsonObject;
  /** What comes back. What differs from call to call (ids, times, headers) is what it looks like. */
  output: Json;
}

/** What a registry entry says beside the manifest. */
export interface ConnectorEntry {
  /** Markdown: what it is for, what to set up, what to know. Actions and examples follow from manifest and examples. */
  about: string;
  examples: readonly ActionExample[];
}
