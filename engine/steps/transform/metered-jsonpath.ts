import { FunctionExpressionType, JSONPathEnvironment, type JSONPathNode, type JSONPathQuery } from "json-p3";
import { type CompiledPattern, compilePattern } from "../../schema/pattern.ts";

/** Values that one query may look at, counted as often as it does. */
const MOST_LOOKS = 250_000;
/** Data nests at most a few dozen levels; the library's own bound is below that. */
const DEEPEST = 256;

/** Thrown inside a query that looks at too much. */
export class TooManyLooks extends Error {
  constructor() {
    super(`it looks at more than ${MOST_LOOKS} values`);
  }
}

/**
 * A JSONPath (RFC 9535) whose work is bounded. Every `..` multiplies what the next one visits, and `match` and `search` take patterns
 * on which the engine's own matcher can hang; queries run inside of transitions, where nothing else runs meanwhile. So each
 * value that a selector is asked about is counted, and patterns go to the matcher that cannot backtrack.
 */
export function meteredQuery(expression: string, looked: (values: number) => void): JSONPathQuery {
  const environment = new JSONPathEnvironment({ maxRecursionDepth: DEEPEST });
  const meter = new Meter(looked);
  environment.functionRegister.set(
    "match",
    patternFunction(meter, (pattern) => `^(?:${pattern})$`),
  );
  environment.functionRegister.set(
    "search",
    patternFunction(meter, (pattern) => pattern),
  );
  const query = environment.compile(expression);
  meterSelectors(query, meter, new Set([environment]));
  return query;
}

class Meter {
  #looks = 0;
  readonly #looked: (values: number) => void;

  constructor(looked: (values: number) => void) {
    this.#looked = looked;
  }

  look(count: number): void {
    this.#looked(count);
    this.#looks += count;
    if (this.#looks > MOST_LOOKS) throw new TooManyLooks();
  }
}

interface Selector {
  resolve(node: JSONPathNode): JSONPathNode[];
}

/** Finds the selectors of a query, those of the queries inside its filters too, and counts what each is asked about. */
function meterSelectors(part: unknown, meter: Meter, seen: Set<unknown>): void {
  if (typeof part !== "object" || part === null || seen.has(part)) return;
  seen.add(part);
  if (Array.isArray(part)) {
    for (const item of part) meterSelectors(item, meter, seen);
    return;
  }
  for (const [name, member] of Object.entries(part)) {
    if (name === "selectors" && Array.isArray(member)) for (const selector of member) meterSelector(selector, meter);
    meterSelectors(member, meter, seen);
  }
}

function meterSelector(selector: Selector, meter: Meter): void {
  const { resolve } = selector;
  selector.resolve = (node) => {
    meter.look(1 + childrenOf(node.value));
    return resolve.call(selector, node);
  };
}

function childrenOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}

function patternFunction(meter: Meter, whole: (pattern: string) => string) {
  const compiled = new Map<string, CompiledPattern>();
  return {
    argTypes: [FunctionExpressionType.ValueType, FunctionExpressionType.ValueType],
    returnType: FunctionExpressionType.LogicalType,
    /** False for what is no text and for patterns that are none, as RFC 9535 says. */
    call(text: unknown, pattern: unknown): boolean {
      if (typeof text !== "string" || typeof pattern !== "string") return false;
      meter.look(1 + Math.ceil((text.length * pattern.length) / 8));
      let known = compiled.get(pattern);
      if (known === undefined) {
        known = compilePattern(whole(pattern));
        compiled.set(pattern, known);
      }
      if (!known.ok) return false;
      const found = known.test(text);
      if (found === undefined) throw new TooManyLooks();
      return found;
    },
  };
}
