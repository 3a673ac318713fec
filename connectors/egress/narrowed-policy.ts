import type { UrlValidation } from "../manifest/manifest.ts";
import type { EgressPolicy } from "./egress.ts";

const made = new WeakMap<EgressPolicy, WeakMap<UrlValidation, EgressPolicy>>();

/** The rules of a deployment with what a handler narrows them to: one object for the same two, by which verdicts are remembered. */
export function narrowedPolicy(
  policy: Omit<EgressPolicy, "urlValidation">,
  urlValidation: UrlValidation | undefined,
): EgressPolicy {
  if (urlValidation === undefined) return policy;
  let known = made.get(policy);
  if (known === undefined) {
    known = new WeakMap();
    made.set(policy, known);
  }
  let narrowed = known.get(urlValidation);
  if (narrowed === undefined) {
    narrowed = { ...policy, urlValidation };
    known.set(urlValidation, narrowed);
  }
  return narrowed;
}
