import { WALKED_DEPTH } from "../../../../engine/expressions/limits.ts";
import { isDeeper, quoted } from "../../../../connectors/handlers/http/parse-answer.ts";
import type { Masker } from "../../../../connectors/mask.ts";
import { isObject, type Json, type JsonObject } from "../../../../engine/json.ts";
import type { ActionResult } from "../../../../engine/run/types.ts";

/**
 * What a tool answered: its `structuredContent` where it has one, else `{text, content}`, the texts joined and every block as it
 * came (images and audio in base64). `isError` is the tool's own failure: what is quoted of it is masked before it is cut.
 */
export function mapResult(tool: string, answer: Json, masker: Masker): ActionResult {
  if (!isObject(answer)) return notTheProtocol();
  const content = Array.isArray(answer.content) ? answer.content : [];
  const structured = answer.structuredContent;
  if (isDeeper(answer, WALKED_DEPTH))
    return {
      ok: false,
      permanent: true,
      error: {
        code: "BACKEND_ERROR",
        message: `The answer nests deeper than ${WALKED_DEPTH} levels`,
        details: { limit: "depth", max: WALKED_DEPTH },
      },
    };
  const text = content
    .flatMap((block) =>
      isObject(block) && block.type === "text" && typeof block.text === "string" ? [block.text] : [],
    )
    .join("\n");
  if (answer.isError === true) {
    const details: JsonObject = { tool };
    if (structured !== undefined) details.upstream = quoted(masker.json(structured));
    const message = text === "" ? `The tool ${tool} reported an error` : masker.text(text).slice(0, 2_000);
    return { ok: false, error: { code: "BACKEND_ERROR", message, details } };
  }
  return { ok: true, output: structured === undefined ? { text, content } : structured };
}

function notTheProtocol(): ActionResult {
  return { ok: false, error: { code: "BACKEND_ERROR", message: "The MCP server's answer is not a tool's result" } };
}
