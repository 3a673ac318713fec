import type { JsonObject } from "../../engine/json.ts";
import { inputMembers, serviceManifest } from "./http-manifest.ts";
import { anything, integer, list, map, number, object, oneOf, open, string } from "./schema-terms.ts";

const model = string("Name of the model", { minLength: 1 });
const usage = (completion: boolean): JsonObject =>
  open({
    prompt_tokens: integer("Tokens that were read"),
    ...(completion ? { completion_tokens: integer("Tokens that were written") } : {}),
    total_tokens: integer("Both"),
  });
const message = open({
  role: oneOf("Who speaks", ["system", "developer", "user", "assistant", "tool"]),
  "content?": {
    description: "What is said: text, or a list of parts",
    type: ["string", "array", "null"],
    items: { type: "object" },
  },
});
const CHAT: Record<string, JsonObject> = {
  model,
  messages: { ...list("The conversation, in order", message), minItems: 1 },
  "temperature?": number("How free the choice of words is", { minimum: 0, maximum: 2 }),
  "top_p?": number("Which part of the probable words is chosen from", { minimum: 0, maximum: 1 }),
  "max_tokens?": integer("Most tokens that are written", { minimum: 1 }),
  "max_completion_tokens?": integer("The same, as newer models call it", { minimum: 1 }),
  "stop?": anything("Where to stop: a text, or a list of up to four"),
  "seed?": integer("The same seed tries to give the same answer"),
  "n?": integer("How many answers", { minimum: 1, maximum: 16 }),
  "response_format?": map("{type: json_object}, or {type: json_schema, json_schema}"),
  "tools?": list("Functions that the model may ask for", { type: "object" }),
  "tool_choice?": anything("Whether and which function it must ask for"),
  "reasoning_effort?": string("How long to think, where the model can"),
  "user?": string("Who it is for, as the provider counts"),
};
const CHAT_MEMBERS = Object.keys(CHAT).map((name) => name.replace("?", ""));

/** `community/openai`: chat models behind the interface that OpenAI made common. */
export const openai = serviceManifest(
  {
    name: "openai",
    displayName: "OpenAI-compatible chat",
    description: "Chat completions, embeddings and models of OpenAI and everybody who speaks its API",
    categories: ["ai"],
    homepage: "https://platform.openai.com/docs/api-reference",
    auth: { type: "BEARER" },
    baseUrl: "https://api.openai.com/v1",
  },
  [
    {
      name: "chat",
      description: "The model's answer to a conversation; its tokens are metered as ai_tokens",
      input: object(CHAT),
      output: open({
        id: string("Its id"),
        model: string("The model that answered"),
        choices: list(
          "The answers",
          open({
            index: integer("Which"),
            message: open({ role: string("assistant") }),
            finish_reason: { type: ["string", "null"] },
          }),
        ),
        usage: usage(true),
      }),
      // Nothing happens but an answer: asking again costs tokens and does no harm.
      idempotent: true,
      timeoutMs: 120_000,
      call: "POST /chat/completions",
      request: {
        body: inputMembers(...CHAT_MEMBERS),
        response: {
          extract: "$",
          usage: { input_tokens: "$.usage.prompt_tokens", output_tokens: "$.usage.completion_tokens" },
        },
      },
    },
    {
      name: "embed",
      description: "Texts as vectors; the tokens are metered as ai_tokens",
      input: object({
        model,
        input: { description: "A text, or a list of texts", type: ["string", "array"], items: { type: "string" } },
        "dimensions?": integer("Length of the vectors, where the model lets it be chosen", { minimum: 1 }),
      }),
      output: open({
        model: string("The model"),
        data: list(
          "A vector for each text, in order",
          open({ index: integer("Which"), embedding: list("The vector", { type: "number" }) }),
        ),
        usage: usage(false),
      }),
      idempotent: true,
      timeoutMs: 60_000,
      call: "POST /embeddings",
      request: {
        body: { ...inputMembers("model", "input", "dimensions"), encoding_format: "float" },
        response: { extract: "$", usage: { input_tokens: "$.usage.prompt_tokens" } },
      },
    },
    {
      name: "list_models",
      description: "The models that the key may use",
      input: object({}),
      output: list("The models", open({ id: string("Name of the model"), "owned_by?": string("Whose it is") })),
      idempotent: true,
      call: "GET /models",
      request: { response: { extract: "$.data" } },
    },
  ],
);
