import { type BlockReader, withoutUndefined } from "../../engine/definition/block-reader.ts";
import { nearestName } from "../../engine/source/nearest-name.ts";
import type { Handler, HandlerKind, KafkaHandler, McpHandler } from "./manifest.ts";
import { readCodeHandler } from "./read-code-handler.ts";
import { readHttpHandler } from "./read-http-handler.ts";
import { readTimeout } from "./read-limits.ts";

type Read = (handler: BlockReader, owner: string) => Handler | undefined;

/** The block of a handler that is written as `{kind: {…}}`. */
function nested(handler: BlockReader, kind: HandlerKind): BlockReader | undefined {
  const member = handler.member([kind]);
  return member && handler.inside(member);
}

const readHttp: Read = (handler, owner) => {
  const block = nested(handler, "http");
  if (block === undefined) return undefined;
  const http = readHttpHandler(block, owner);
  block.finish(`the http handler of ${owner}`);
  return http;
};

const readFunction: Read = (handler) => {
  const name = handler.name(["function"]);
  return name === undefined ? undefined : { kind: "function", function: name };
};

const readCommand: Read = (handler) => {
  const command = handler.text(["command"]);
  if (command === undefined) return undefined;
  const args = handler.json(["args"]);
  return withoutUndefined<Handler>({
    kind: "command",
    command,
    args: Array.isArray(args) ? args : undefined,
    env: handler.object(["env"]),
    workingDir: handler.text(["working_dir", "workingDir"]),
    security: handler.object(["security"]),
  });
};

const readKafka: Read = (handler, owner) => {
  const block = nested(handler, "kafka");
  if (block === undefined) return undefined;
  const topic = block.text(["topic"]);
  if (topic === undefined) block.missing("topic", "in a kafka handler");
  const kafka = withoutUndefined<KafkaHandler>({
    kind: "kafka",
    topic: topic ?? "",
    responseTopic: block.text(["response_topic", "responseTopic"]),
    key: block.text(["key"]),
    timeoutMs: readTimeout(block),
  });
  block.finish(`the kafka handler of ${owner}`);
  return kafka;
};

const readMcp: Read = (handler, owner) => {
  const block = nested(handler, "mcp");
  if (block === undefined) return undefined;
  const url = block.text(["url", "server", "server_url", "serverUrl"]);
  const mcp = withoutUndefined<McpHandler>({
    kind: "mcp",
    url: url ?? "",
    tool: block.text(["tool"]),
    headers: block.object(["headers"]),
    timeoutMs: readTimeout(block),
  });
  block.finish(`the mcp handler of ${owner}`);
  return mcp;
};

/** Every handler kind: to add one, write its reader and put it here. */
const READERS: Readonly<Record<HandlerKind, Read>> = {
  http: readHttp,
  function: readFunction,
  command: readCommand,
  kafka: readKafka,
  mcp: readMcp,
  code: readCodeHandler,
};

const KINDS: readonly string[] = Object.keys(READERS);

/** Members that stand beside the kind: what `command` brings, and what says nothing of its own. */
const BESIDE = ["args", "env", "working_dir", "workingDir", "security", "description", "type"];

/** `handler: {http: {…}}`, `{function: …}`, `{command: …}`, `{kafka: {…}}`, `{mcp: {…}}`, `{code: …}`: exactly one. */
export function readHandler(handler: BlockReader, owner: string): Handler | undefined {
  let found: Handler | undefined;
  const given = KINDS.filter((kind) => handler.has(kind));
  if (given.length > 1) {
    const member = handler.member([given[1] ?? ""]);
    if (member) handler.context.refuseKey(member, `a handler has one kind: ${given[0]} is given too`);
  }
  for (const read of Object.values(READERS)) found = read(handler, owner) ?? found;
  handler.accept(BESIDE);
  handler.accept(KINDS);
  if (given.length === 0) {
    const stranger = handler.node.entries.find((entry) => !BESIDE.includes(entry.key));
    const near = stranger && nearestName(stranger.key, KINDS);
    handler.context.refuse(
      { node: handler.node, pointer: handler.pointer },
      `a handler must have one of ${KINDS.join(", ")}`,
      near,
    );
  } else handler.finish(`the handler of ${owner}`);
  return found;
}
