import type { JsonObject } from "../json.ts";

/**
 * What an evaluation fails with, always VALIDATION (language document, section 6). `details.limit` names the bound that
 * was passed (`operations`, `text_bytes`, `depth`); `details.member` the missing member of a strict workflow.
 */
export class ExpressionError extends Error {
  readonly code = "VALIDATION";
  readonly details: JsonObject | undefined;

  constructor(message: string, details?: JsonObject) {
    super(message);
    this.name = "ExpressionError";
    this.details = details;
  }
}
