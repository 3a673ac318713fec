import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import * as z from "zod";
import { workflowSchema } from "../../../../engine/language-schema/workflow-schema.ts";
import type { OpenEndpoint } from "../../endpoint.ts";

const schemaDocument = z.looseObject({ $schema: z.string() }).meta({ id: "WorkflowSchema" });

/** It only changes with the code: made once, when somebody first asks. */
let made: { text: string; etag: string } | undefined;

function document(): { text: string; etag: string } {
  if (made === undefined) {
    const text = JSON.stringify(workflowSchema());
    made = { text, etag: `"${bytesToHex(sha256(utf8ToBytes(text)).subarray(0, 12))}"` };
  }
  return made;
}

export const workflowSchemaRoute: OpenEndpoint = {
  open: true,
  method: "get",
  path: "/schema/workflow.json",
  tag: "platform",
  summary: "The workflow language, for editors",
  description:
    "JSON Schema (draft-07) of workflow files. An editor with a YAML language server takes it from a first line `# yaml-language-server: $schema=<this address>`.",
  answers: {
    200: { description: "JSON Schema", schema: schemaDocument, headers: { ETag: "Version of the schema" } },
    304: { description: "Not changed" },
  },
  async handle({ request }) {
    const { text, etag } = document();
    const headers = {
      etag,
      "cache-control": "public, max-age=3600",
      // Editors that run in a browser read it, too; there is nothing secret in it.
      "access-control-allow-origin": "*",
      "x-content-type-options": "nosniff",
    };
    const known = request.headers.get("if-none-match") ?? "";
    const current = known.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag || tag.trim() === "*");
    if (current) return new Response(null, { status: 304, headers });
    return new Response(text, { headers: { ...headers, "content-type": "application/json; charset=utf-8" } });
  },
};
