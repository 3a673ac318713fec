import type { Plant } from "./plant.ts";

/** Of ways out, templates, expressions, files and schemas. */
export const LANGUAGE_PLANTS: readonly Plant[] = [
  {
    threat: "T1",
    test: "connectors/egress/spellings.test.ts",
    name: "no spelling of an address that is not public passes: thousands of them",
    fault: "an address is public whatever it is",
    file: "connectors/egress/egress.ts",
    from: "return isPublicAddress(address) ? undefined",
    to: "return isPublicAddress(address) || address.length > 0 ? undefined",
  },
  {
    threat: "T1",
    test: "connectors/egress/egress.test.ts",
    name: "more than three hundred spellings of what is not public, each of them",
    fault: "names of one label pass",
    file: "connectors/egress/egress.ts",
    from: 'if (!host.includes(".")) return',
    to: 'if (host === "") return',
  },
  {
    threat: "T1",
    test: "connectors/invoke-safety.test.ts",
    name: "is closed to what is not public, redirects included",
    fault: "what the rules refuse is sent all the same",
    file: "connectors/egress/fetch-checked.ts",
    from: "const verdict = verdictOf(url, request, policy);",
    to: "const judged = verdictOf(url, request, policy);\n    const to = new URL(url);\n    const verdict = judged.ok ? judged : ({ ok: true, url: to, dial: to, written: { url, dial: url } } as const);",
  },
  {
    threat: "T2",
    test: "connectors/egress/name-check.test.ts",
    name: "refuses a name that once stood for something inside, for five minutes",
    fault: "a refusal is forgotten as soon as its answer",
    file: "connectors/egress/name-check.ts",
    from: 'answer.verdict.kind === "refused" ? REFUSED_FOR_MS : Math.min',
    to: 'answer.verdict.kind === "unasked" ? REFUSED_FOR_MS : Math.min',
  },
  {
    threat: "T2",
    test: "connectors/egress/name-check.test.ts",
    name: "passes over the names in between, and refuses an address that it cannot read",
    fault: "one public address among several is enough",
    file: "connectors/egress/name-check.ts",
    from: "found.some(({ unreadable }) => unreadable) || ",
    to: "",
  },
  {
    threat: "T3",
    test: "connectors/invoke-safety.test.ts",
    name: "follows at most five redirects and leaves credentials at their origin",
    fault: "a redirect takes the credential along",
    file: "connectors/egress/fetch-checked.ts",
    from: "for (const name of [...ALWAYS_DROPPED, ...request.credentialHeaders]) headers.delete(name);",
    to: "",
  },
  {
    threat: "T8",
    test: "engine/expressions/templates.test.ts",
    name: "never evaluates data again",
    fault: "a text that comes out of a template is a template",
    file: "engine/expressions/compile-text.ts",
    from: "  return code;\n}\n\n/** Compiles a bare",
    to: `  return {
    ...code,
    read: (run) => {
      const value = code.read(run);
      return typeof value === "string" && value !== source ? compileText(compilation, value).read(run) : value;
    },
  };
}

/** Compiles a bare`,
  },
  {
    threat: "T8",
    test: "connectors/invoke.test.ts",
    name: "keeps types in a body, and text stays text",
    fault: "a handler's template that gives a template is rendered again",
    file: "connectors/handlers/http/render.ts",
    from: 'if (whole) return lookUp(whole[1] ?? whole[2] ?? "", scope);',
    to: `if (whole) {
    const value = lookUp(whole[1] ?? whole[2] ?? "", scope);
    return typeof value === "string" && value !== template ? renderText(value, scope) : value;
  }`,
  },
  {
    threat: "T9",
    test: "engine/expressions/names.test.ts",
    name: "are own members only",
    fault: "members of the prototype are read",
    file: "engine/expressions/member.ts",
    from: 'if (Object.hasOwn(value, name) && name !== "$secret")',
    to: 'if (name in value && name !== "$secret")',
  },
  {
    threat: "T10",
    test: "engine/expressions/limits.test.ts",
    name: "are at most 100,000, in loops and in functions",
    fault: "operations are not bounded",
    file: "engine/expressions/limits.ts",
    from: "operations: 100_000, text_bytes",
    to: "operations: 100_000_000, text_bytes",
  },
  {
    threat: "T11",
    test: "engine/source/hostile.test.ts",
    name: "one alias more than allowed is refused",
    fault: "aliases are not counted",
    file: "engine/source/limits.ts",
    from: "aliases: 100,",
    to: "aliases: 100_000,",
  },
  {
    threat: "T12",
    test: "engine/schema/validate.test.ts",
    name: "%j is refused",
    fault: "a reference to another host is taken for good",
    file: "engine/schema/schema-problems.ts",
    from: 'if (typeof reference !== "string" || !reference.startsWith("#"))',
    to: 'if (typeof reference === "string" && !reference.startsWith("#")) return;\n  if (typeof reference !== "string")',
  },
  {
    threat: "T12",
    test: "engine/schema/pattern.test.ts",
    name: "only patterns whose backtracking is bounded by a square run natively",
    fault: "any pattern runs in the engine that backtracks",
    file: "engine/schema/pattern.ts",
    from: "const simple = compiler.repeatedGroups === 0 && ",
    to: "const simple = true || ",
  },
];
