import { startBody, startOptions } from "../../../../contracts/api/executions.ts";
import { success, type Result } from "../../../../contracts/errors.ts";
import { validationFailure } from "../../../../contracts/validation-failure.ts";
import { parseDocuments } from "../../../../engine/source/parse.ts";
import { toJson } from "../../../../engine/source/tree.ts";
import { isObject, type Json, type JsonObject } from "../../../../engine/json.ts";
import type { StartRequest } from "../../../services/executions/start.ts";
import type { DocumentBody } from "../../endpoint.ts";
import { parseJson } from "../../../../contracts/parse-json.ts";
import { checked } from "../../middleware/parse-request.ts";

/** A query member of a YAML start is an input: JSON where it reads as such (`3`, `true`, `["a"]`), else text. */
function queryInput(text: string): Json {
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : text;
}

const QUERY_OPTIONS = ["execution_mode", "timeout", "workflow_name"] as const;

/** Query members: options of the start by name, everything else inputs. */
function fromQuery(search: URLSearchParams): JsonObject {
  const options: JsonObject = {};
  const inputs: JsonObject = {};
  for (const [name, value] of search) {
    if (name === "__proto__") continue;
    if (QUERY_OPTIONS.some((option) => option === name)) options[name] = name === "timeout" ? queryInput(value) : value;
    else inputs[name] = queryInput(value);
  }
  return Object.keys(inputs).length === 0 ? options : { ...options, inputs };
}

function startOfYaml(text: string, search: URLSearchParams): Result<StartRequest> {
  const { trees, problems } = parseDocuments(text);
  const [definition, second] = trees;
  if (problems.length > 0 || definition === undefined) return validationFailure(problems);
  const definitionValue = toJson(definition.root);
  if (!isObject(definitionValue))
    return validationFailure([{ path: "", message: "The first document must be a workflow." }]);
  const written = second === undefined ? {} : toJson(second.root);
  if (!isObject(written))
    return validationFailure([{ path: "", message: "The second document must be a map: inputs, execution_mode, …" }]);
  const query = fromQuery(search);
  const inputs = {
    ...(isObject(query.inputs) ? query.inputs : {}),
    ...(isObject(written.inputs) ? written.inputs : {}),
  };
  const given = written.inputs !== undefined && !isObject(written.inputs) ? written.inputs : inputs;
  const options = checked(startOptions, { ...query, ...written, inputs: given });
  return options.ok ? success({ body: { ...options.value, definition: definitionValue }, tree: definition }) : options;
}

/** A start as it came, JSON or YAML, in one form. */
export function startRequest(body: DocumentBody, search: URLSearchParams): Result<StartRequest> {
  if (body.format === "yaml") return startOfYaml(body.text, search);
  const value = parseJson(body.text);
  if (!value.ok) return value;
  const [name] = search.keys();
  if (name !== undefined)
    return validationFailure([
      { path: `/${name}`, message: `"${name}" is not a known query member: inputs of a JSON start stand in its body.` },
    ]);
  const start = checked(startBody, value.value);
  return start.ok ? success({ body: start.value }) : start;
}
