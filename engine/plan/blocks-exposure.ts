import type { WorkflowDefinition } from "../definition/types.ts";
import { isObject, type Json } from "../json.ts";

/** The workflow says that an output in which a secret came back is not to be kept (section 6), in either of its places. */
export function blocksExposure({ execution }: WorkflowDefinition): boolean {
  const security = execution?.security ?? null;
  if (!isObject(security)) return false;
  return [security, security.secretRedaction, security.secret_redaction].some(saysSo);
}

function saysSo(block: Json | undefined): boolean {
  return block !== undefined && isObject(block) && block.blockOnExposure === true;
}
