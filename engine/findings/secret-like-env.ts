import { pointerSegments } from "../source/tree.ts";
import { type FindingRule, findingAtReference } from "./finding.ts";

const SECRET_NAME = /(^|_)(secret|password|passwd|token|api_?key|private_?key|access_?key|credentials?)(_|$)/i;

/** An `env` value whose name says that it is a secret: it is stored and shown in the open, as no secret is (section 6). */
export const secretLikeEnv: FindingRule = function* (subject) {
  for (const { use, reference } of subject.references) {
    const [name] = reference.path;
    if (reference.root !== "env" || name === undefined || use.field !== "input" || !SECRET_NAME.test(name)) continue;
    const step = use.scope.stepId === undefined ? undefined : subject.places.get(use.scope.stepId)?.at(-1)?.step;
    if (step?.kind !== "action") continue;
    const inside = pointerSegments(use.pointer.slice(subject.pointerOf(step.id, ["input", "with", "inputs"]).length));
    const members = subject.pinOf(step)?.secretMembers ?? [];
    const takesSecret = members.some((pattern) =>
      pointerSegments(pattern).every((segment, index) => segment === "*" || segment === inside[index]),
    );
    yield findingAtReference(subject, use, reference, {
      code: "env-looks-like-a-secret",
      severity: "info",
      message: `env.${name} reads like a secret, but env values are not masked: they stand in the open in inputs, events and logs`,
      suggestion: takesSecret ? `secrets.${name}` : undefined,
    });
  }
};
