import type { InvokeDeps } from "../../../../connectors/attempt/invoke-deps.ts";
import { lookupFailure } from "../../../../connectors/attempt/lookup-failure.ts";
import { prepareCall } from "../../../../connectors/attempt/prepare-call.ts";
import { isDeeper } from "../../../../connectors/handlers/http/parse-answer.ts";
import { Masker } from "../../../../connectors/mask.ts";
import { failure, type Failure } from "../../../../contracts/errors.ts";
import {
  type DiscoveredTool,
  MOST_SCHEMA_CHARS,
  MOST_TOOLS,
  type ToolsAnswer,
  type ToolsQuestion,
} from "../../../../contracts/mcp-rpc.ts";
import { WALKED_DEPTH } from "../../../../engine/expressions/limits.ts";
import { isObject, type Json, type JsonObject } from "../../../../engine/json.ts";
import { schemaProblems } from "../../../../engine/schema/schema-problems.ts";
import { hidesNames, hidesText, shown, withShownTexts } from "./shown-text.ts";
import { checkedFetch } from "./checked-fetch.ts";
import { mapError } from "./map-error.ts";
import { asHttpHandler, serverOf } from "./prepare-server.ts";
import { withClient } from "./with-client.ts";

const TIMEOUT_MS = 20_000;
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_LEVELS = 30;
const SIGN_IN: readonly number[] = [401, 403];

export interface ListDeps extends Omit<InvokeDeps, "services"> {
  background(task: Promise<unknown>): void;
}

/** Asks an MCP server for its tools. What it says is masked, bounded and checked: it will be stored, shown and used as schemas. */
export async function listTools(question: ToolsQuestion, deps: ListDeps): Promise<ToolsAnswer> {
  const masker = new Masker();
  const started = deps.now();
  const budget = { left: MOST_BYTES };
  const sent = { bytes: 0, begun: false };
  const timer = AbortSignal.timeout(TIMEOUT_MS);
  const handler = asHttpHandler(question.handler);
  let host = "the server";
  try {
    const prepared = await prepareCall(callFor(question), handler, deps, masker).catch(lookupFailure);
    if (!prepared.ok)
      return {
        ok: false,
        signIn: prepared.error.details?.reason === "connection",
        failure: asFailure(prepared.error, masker),
      };
    const server = serverOf(handler, prepared.base, prepared.scope);
    host = URL.canParse(server.url) ? new URL(server.url).host : host;
    const fetch = checkedFetch({
      ...deps,
      connection: prepared.connection,
      auth: question.auth,
      masker,
      signal: timer,
      budget,
      sent,
    });
    const options = { ...server, timeoutMs: TIMEOUT_MS, fetch, background: deps.background };
    const tools = await withClient(options, async (client) => {
      const listed = await client.listTools(undefined, { signal: timer, timeout: TIMEOUT_MS });
      return listed.tools;
    });
    if (tools.length > MOST_TOOLS)
      return refused(
        "QUOTA_EXCEEDED",
        `${host} has more than ${MOST_TOOLS} tools: list the \`actions\` that you want in the file`,
      );
    const read = tools.map((tool) => readTool(tool, masker));
    const problem = read.find((tool) => "problem" in tool);
    if (problem && "problem" in problem) return refused("VALIDATION", problem.problem);
    return { ok: true, tools: read.flatMap((tool) => ("problem" in tool ? [] : [tool])) };
  } catch (error) {
    const elapsedMs = deps.now() - started;
    const scene = {
      host,
      begun: sent.begun,
      masker,
      tooLarge: budget.left < 0,
      timedOut: timer.aborted,
      timeoutMs: TIMEOUT_MS,
      elapsedMs,
    };
    const mapped = mapError(error, scene).error;
    const signIn = SIGN_IN.includes(Number(mapped.details?.status));
    return { ok: false, signIn, failure: asFailure(mapped, masker) };
  }
}

/** As far as the preparation of a call looks at one. */
function callFor({ connector, auth }: ToolsQuestion): Parameters<typeof prepareCall>[0] {
  const [namespace = "", name = ""] = connector.split("/");
  return { input: {}, action: { namespace, connector: name, ...(auth === undefined ? {} : { auth }) } };
}

/** What went wrong speaks of what was sent, and of what came back. */
function asFailure(
  { code, message, details }: { code: Failure["code"]; message: string; details?: JsonObject },
  masker: Masker,
): Failure {
  return failure(code, masker.text(message), details && masker.object(details));
}

function refused(code: Failure["code"], message: string): ToolsAnswer {
  return { ok: false, signIn: false, failure: failure(code, message) };
}

function readTool(listed: unknown, masker: Masker): DiscoveredTool | { problem: string } {
  // Parsed from JSON by the SDK.
  const named = listed as Json;
  if (isDeeper(named, WALKED_DEPTH))
    return { problem: `The server lists a tool that nests deeper than ${WALKED_DEPTH} levels` };
  const tool = masker.json(named);
  if (!isObject(tool) || typeof tool.name !== "string" || tool.name === "" || tool.name.length > 200)
    return { problem: "The server lists a tool without a usable name" };
  if (hidesText(tool.name))
    return { problem: `The server lists a tool whose name hides characters: "${shown(tool.name, 80, masker)}"` };
  // By another name nobody could call it.
  if (isObject(named) && tool.name !== named.name)
    return {
      problem: `The server lists a tool whose name holds what it was sent to sign in: "${shown(tool.name, 80, masker)}". List the \`actions\` that you want in the file`,
    };
  const input = readSchema(tool.inputSchema, `the input schema of tool "${shown(tool.name, 80, masker)}"`, masker);
  if (typeof input === "string") return { problem: input };
  const output =
    tool.outputSchema === undefined
      ? undefined
      : readSchema(tool.outputSchema, `the output schema of tool "${shown(tool.name, 80, masker)}"`, masker);
  if (typeof output === "string") return { problem: output };
  const hints = isObject(tool.annotations) ? tool.annotations : {};
  const description = typeof tool.description === "string" ? shown(tool.description, 2_000, masker) : "";
  return {
    tool: tool.name,
    input: input ?? { type: "object" },
    idempotent: hints.readOnlyHint === true || hints.idempotentHint === true,
    ...(description === "" ? {} : { description }),
    ...(output === undefined ? {} : { output }),
  };
}

function readSchema(schema: Json | undefined, what: string, masker: Masker): JsonObject | undefined | string {
  if (schema === undefined) return undefined;
  if (!isObject(schema)) return `${what} is no schema`;
  if (isDeeper(schema, MOST_LEVELS)) return `${what} nests deeper than ${MOST_LEVELS} levels`;
  if (JSON.stringify(schema).length > MOST_SCHEMA_CHARS)
    return `${what} is longer than ${MOST_SCHEMA_CHARS} characters`;
  if (hidesNames(schema)) return `${what} has a member whose name hides characters`;
  const [problem] = schemaProblems(schema);
  return problem === undefined
    ? withShownTexts(schema, masker)
    : `${what}: ${shown(problem.path, 200, masker)} ${shown(problem.message, 500, masker)}`;
}
