import type { RunError } from "../../engine/errors.ts";
import { RowTooLarge } from "./row-size.ts";

/** How an execution ends that a fault outside of its workflow stopped. The fault itself is the operator's to see. */
export function hostFailure(error: unknown): RunError {
  if (error instanceof RowTooLarge) {
    return {
      code: "PAYLOAD_TOO_LARGE",
      message: `The execution could not be stored: ${error.message}`,
      details: { limit: error.limit },
    };
  }
  return {
    code: "INTERNAL_ERROR",
    message: "The execution was stopped by a fault of the platform",
    details: { reason: "quarantined" },
  };
}

/** The error of an execution whose inputs, outputs and errors together are more than an object can bear. */
export function executionTooLarge(max: number): RunError {
  return {
    code: "PAYLOAD_TOO_LARGE",
    message: `The execution holds more than ${max} characters of inputs and outputs: keep large data outside and pass references`,
    details: { limit: "log_bytes", max },
  };
}
