import { type BlockReader, withoutUndefined } from "../../engine/definition/block-reader.ts";
import type { ApprovalDeclaration } from "./manifest.ts";
import { readTimeout } from "./read-limits.ts";

const REQUIRED = ["never", "first_use", "always", "admin_approval"] as const;
const ON_TIMEOUT = ["reject", "allow", "escalate"] as const;

/** `approval` of a connector or of an action: `{required, approvers, timeout, onTimeout, message}`. */
export function readApproval(block: BlockReader, owner: string): ApprovalDeclaration | undefined {
  const member = block.member(["approval"]);
  const inner = member && block.inside(member);
  if (inner === undefined) return undefined;
  const approval = withoutUndefined<ApprovalDeclaration>({
    required: readRequired(inner),
    approvers: inner.texts(["approvers"]),
    timeoutMs: readTimeout(inner),
    onTimeout: inner.oneOf(["onTimeout", "on_timeout"], ON_TIMEOUT),
    message: inner.text(["message"]),
  });
  inner.finish(`approval of ${owner}`);
  return approval;
}

/** One of the words; true is `always`, false `never`. */
function readRequired(block: BlockReader): ApprovalDeclaration["required"] {
  const node = block.member(["required"])?.node;
  if (node?.kind === "scalar" && typeof node.value === "boolean") return node.value ? "always" : "never";
  return block.oneOf(["required"], REQUIRED);
}
