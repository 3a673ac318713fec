import { type Json, type JsonObject, member } from "../json.ts";
import { LazyMap } from "./types.ts";

/** A step's `error`: a map `{message, code, details}` that reads as its message inside text (section 3). */
export class ErrorValue extends LazyMap {
  private readonly error: JsonObject;

  constructor(error: JsonObject) {
    super();
    this.error = error;
  }

  get(name: string): Json | undefined {
    return member(this.error, name);
  }

  json(): Json {
    return this.error;
  }

  override text(): string | undefined {
    const message = member(this.error, "message");
    return typeof message === "string" ? message : undefined;
  }
}
