import { ExpressionError } from "./expression-error.ts";
import { LazyMap, type Value } from "./types.ts";

/** The root `secrets`: every name is a marked secret; whether it exists is known only where it is revealed (section 6). */
export class SecretsRoot extends LazyMap {
  get(name: string): Value {
    return { $secret: { name } };
  }

  /** Secrets are named one by one: all of them at once is VALIDATION. */
  json(): Value {
    throw new ExpressionError("Secrets are read one by one, as `secrets.NAME`");
  }
}
