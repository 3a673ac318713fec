import type { BlockReader } from "../../engine/definition/block-reader.ts";
import type { HttpHandler } from "./manifest.ts";

const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** Headers that mean something else to whoever stands between. */
const TAKEN =
  /^(?:host|content-.*|transfer-encoding|connection|upgrade|te|trailer|keep-alive|authorization|cookie|accept|traceparent|x-smartify-.*)$/i;

/** `idempotency: {header: X-Request-Id}`: the header that an API takes its idempotency key by. */
export function readIdempotency(block: BlockReader, owner: string): HttpHandler["idempotency"] {
  const member = block.member(["idempotency"]);
  const inner = member && block.inside(member);
  if (inner === undefined) return undefined;
  const at = inner.member(["header"]);
  const header = inner.text(["header"]);
  if (at === undefined) inner.missing("header", `in idempotency of ${owner}`);
  if (at && header !== undefined && (!NAME.test(header) || TAKEN.test(header)))
    inner.context.refuse(at, "idempotency.header must be the name of a header that is free, such as Idempotency-Key");
  inner.finish(`idempotency of ${owner}`);
  return header === undefined ? undefined : { header };
}
