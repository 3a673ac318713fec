import { type BlockReader, withoutUndefined } from "../../engine/definition/block-reader.ts";
import { type ModulePlace, rememberModulePlace } from "../code/module-place.ts";
import { readCodeSecrets } from "../code/read-code-secrets.ts";
import type { CodeHandler } from "./manifest.ts";
import { readTimeout } from "./read-limits.ts";

/** A host name, every name below one (`*.name`), or the word `connection`. */
const HOST = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/i;

/** `code: {module, export, hosts, secrets, timeout}`, or `code: <source>` alone. */
export function readCodeHandler(handler: BlockReader, owner: string): CodeHandler | undefined {
  const member = handler.member(["code"]);
  if (member === undefined) return undefined;
  if (member.node.kind === "scalar") {
    const code: CodeHandler = { kind: "code", module: handler.text(["code"]) ?? "" };
    rememberModulePlace(code, { member, context: handler.context });
    return code;
  }
  const block = handler.inside(member);
  if (block === undefined) return undefined;
  const written = block.member(["module", "source"]);
  if (written === undefined) block.missing("module", "in a code handler");
  const code = withoutUndefined<CodeHandler>({
    kind: "code",
    module: block.text(["module", "source"]) ?? "",
    export: block.text(["export", "function"]),
    hosts: readHosts(block),
    secrets: readCodeSecrets(block, owner),
    timeoutMs: readTimeout(block),
  });
  block.finish(`the code handler of ${owner}`);
  const place: ModulePlace = { member: written ?? member, context: handler.context };
  rememberModulePlace(code, place);
  return code;
}

function readHosts(block: BlockReader): string[] | undefined {
  const hosts = block.texts(["hosts"]);
  const member = block.member(["hosts"]);
  for (const host of hosts ?? []) {
    if (member && !HOST.test(host))
      block.context.refuse(
        member,
        `"${host.slice(0, 60)}" is not a host: write a name such as api.example.com, *.example.com, or the word connection`,
      );
  }
  return hosts;
}
