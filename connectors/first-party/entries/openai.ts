import type { ConnectorEntry } from "./entry.ts";

export const openaiEntry: ConnectorEntry = {
  about: `Chat models, embeddings and lists of models: OpenAI, and everybody who speaks its API (Azure, Groq, Mistral, OpenRouter, Ollama, vLLM …).

**Connection.** The key as BEARER: \`{"type": "BEARER", "values": {"token": "sk-…"}}\`; another provider by \`base_url\`, up to and with its \`/v1\`.

The tokens that the provider counts are metered as \`ai_tokens\` and stand in the step's usage. Answers come whole, not as a stream. An attempt has two
minutes. Asking again costs tokens and does no harm, so an attempt whose outcome is unknown is repeated.`,
  examples: [
    {
      action: "chat",
      title: "A short answer",
      input: {
        model: "gpt-4o-mini",
        messages: [
          { role: "system", content: "Answer in one word." },
          { role: "user", content: "Is the sky blue?" },
        ],
        max_tokens: 5,
      },
      output: {
        id: "chatcmpl-1",
        model: "gpt-4o-mini",
        choices: [{ index: 0, message: { role: "assistant", content: "Yes." }, finish_reason: "stop" }],
        usage: { prompt_tokens: 17, completion_tokens: 2, total_tokens: 19 },
      },
    },
    {
      action: "embed",
      title: "Two texts as vectors",
      input: { model: "text-embedding-3-small", input: ["red", "blue"], dimensions: 4 },
      output: {
        model: "text-embedding-3-small",
        data: [
          { index: 0, embedding: [0.1, 0.2, 0.3, 0.4] },
          { index: 1, embedding: [0.4, 0.3, 0.2, 0.1] },
        ],
        usage: { prompt_tokens: 2, total_tokens: 2 },
      },
    },
    { action: "list_models", title: "What there is", input: {}, output: [{ id: "gpt-4o-mini", owned_by: "openai" }] },
  ],
};
