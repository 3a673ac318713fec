import { BlockReader, withoutUndefined } from "../../engine/definition/block-reader.ts";
import { readWhole, type Shape } from "../../engine/definition/field.ts";
import { kept } from "../../engine/definition/field-blocks.ts";
import { boolean, duration, integer, number, texts, word } from "../../engine/definition/field-kinds.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { SourceNode } from "../../engine/source/tree.ts";
import type { EnvironmentDeclaration, RuntimeDeclaration } from "./manifest.ts";
import { readTimeout } from "./read-limits.ts";

/** `runtime.resources`: what the cloud cannot enforce is passed to self-hosted services (section 15). */
const RESOURCES = {
  fields: {
    cpu: word("Cores."),
    memory: word("Memory, as in 512MB."),
    timeout: duration("How long a call may take.", 0),
    concurrent: integer("Calls in hand at once, by one connection or at one address.", 1, 100),
    storage: kept("Disk.", {
      bandwidth: word("How fast."),
      maxSize: word("How much of it."),
      ephemeral: boolean("Whether it goes with the call."),
    }),
    network: kept("Network.", {
      bandwidth: word("How fast."),
      enabled: boolean("Whether there is any."),
      allowedHosts: texts("Hosts that may be called."),
    }),
    limits: kept("Limits of the operating system.", {
      maxFileDescriptors: number("Open files."),
      maxProcesses: number("Processes."),
    }),
  },
} satisfies Shape;

/** `runtime: {memory, timeout, environment, resources}`. */
export function readRuntime(block: BlockReader): RuntimeDeclaration | undefined {
  const member = block.member(["runtime"]);
  const runtime = member && block.inside(member);
  const beside = readEnvironment(block);
  if (runtime === undefined) return beside === undefined ? undefined : { environment: beside };
  const resources = readResources(runtime);
  const declaration = withoutUndefined<RuntimeDeclaration>({
    memory: runtime.word(["memory"]),
    timeoutMs: readTimeout(runtime) ?? resources?.timeoutMs,
    environment: readEnvironment(runtime) ?? beside,
    resources: resources?.kept,
  });
  runtime.accept(["language", "entrypoint", "image"]);
  runtime.finish("runtime");
  return declaration;
}

function readResources(runtime: BlockReader): { kept: JsonObject; timeoutMs?: number } | undefined {
  const member = runtime.member(["resources"]);
  const resources = member && runtime.inside(member);
  if (resources === undefined) return undefined;
  readWhole(resources, RESOURCES, "resources of the connector");
  return { kept: runtime.object(["resources"]) ?? {}, timeoutMs: resources.duration(["timeout"]) };
}

/** A list of `{name, description, required, default}` or of names alone. Each name once: whether it is a secret has one answer. */
function readEnvironment(block: BlockReader): EnvironmentDeclaration[] | undefined {
  const member = block.member(["environment"]);
  if (member === undefined) return undefined;
  const names = new Set<string>();
  return block.items(member, (node, pointer) => {
    const variable = readVariable(node, pointer, block);
    if (variable === undefined || variable.name === "") return variable;
    if (names.has(variable.name))
      block.context.refuse({ node, pointer }, `${variable.name} is declared twice in environment: declare it once`);
    names.add(variable.name);
    return variable;
  });
}

function readVariable(node: SourceNode, pointer: string, block: BlockReader): EnvironmentDeclaration | undefined {
  if (node.kind === "scalar" && typeof node.value === "string") return { name: node.value };
  if (node.kind !== "map") {
    block.context.refuse({ node, pointer }, "an environment variable must be a name or a map with a name");
    return undefined;
  }
  const variable = new BlockReader(node, pointer, block.scope, block.context, () => []);
  const name = variable.name(["name"]);
  if (name === undefined) variable.missing("name", "in an environment variable");
  const declaration = withoutUndefined<EnvironmentDeclaration>({
    name: name ?? "",
    description: variable.text(["description"]),
    secret: variable.boolean(["secret", "sensitive"]),
    required: variable.boolean(["required"]),
    default: variable.json(["default"]),
  });
  const filled = variable.member(["default"]);
  if (filled && declaration.secret === true)
    block.context.refuse(filled, `${name ?? "a secret"} is a secret: it has no default, which everybody could read`);
  variable.finish("an environment variable");
  return declaration;
}
