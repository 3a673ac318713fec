import * as z from "zod";
import { HTTP_STATUS, type ErrorCode } from "../errors.ts";
import { jsonObject } from "./json-values.ts";

const codes = Object.keys(HTTP_STATUS) as [ErrorCode, ...ErrorCode[]];

/** Section 13: the body of every refusal. */
export const errorBody = z
  .strictObject({
    status: z.literal("error"),
    code: z.enum(codes),
    message: z.string(),
    details: jsonObject.optional(),
    request_id: z.string(),
  })
  .meta({
    id: "Error",
    example: {
      status: "error",
      code: "VALIDATION",
      message: '"workflw" is not a known field.',
      details: { problems: [{ path: "/workflw", message: '"workflw" is not a known field.', suggestion: "workflow" }] },
      request_id: "req_01h455vb4pex5vsknk084sn02q",
    },
  });

export const problem = z
  .strictObject({
    path: z.string().meta({ description: "JSON pointer." }),
    line: z.int().optional(),
    column: z.int().optional(),
    message: z.string(),
    suggestion: z.string().optional(),
  })
  .meta({ id: "Problem" });
