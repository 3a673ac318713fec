import { asText, render, RenderProblem, type RenderScope } from "./render.ts";
import type { PinnedHttpHandler } from "./pinned-handler.ts";

/** How an answer's body may be read (`response.type`). */
export const ANSWER_TYPES = ["json", "text", "binary"] as const;
export type AnswerType = (typeof ANSWER_TYPES)[number];

/** How this call's answer is read, where the handler or the input says so. */
export function bodyTypeOf(handler: PinnedHttpHandler, scope: RenderScope): AnswerType | undefined {
  const written = handler.response?.type;
  const type = written === undefined ? "" : asText(render(written, scope));
  if (type === "") return undefined;
  const known = ANSWER_TYPES.find((one) => one === type);
  if (known !== undefined) return known;
  throw new RenderProblem(
    "response.type",
    `response.type must be one of ${ANSWER_TYPES.join(", ")}, not ${type.slice(0, 40)}`,
  );
}
