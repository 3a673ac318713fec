import Ajv2020, { type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { isMap, type Json, type JsonMap, read } from "./json.ts";

const METHODS = ["get", "put", "post", "delete", "patch", "head", "options"];

/** Judges answers by the document that the platform itself publishes. */
export class OpenApi {
  readonly #document: JsonMap;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: Json | undefined) {
    if (!isMap(document)) throw new Error("/openapi.json is not an object");
    this.#document = document;
    addFormats.default(this.#ajv);
    this.#ajv.addSchema({ ...document, $id: "openapi" }, "openapi");
  }

  /** `GET /keys/{id}` for every operation listed. */
  operations(): string[] {
    const paths = this.#document.paths;
    if (!isMap(paths)) throw new Error("no paths");
    return Object.entries(paths).flatMap(([path, item]) =>
      isMap(item) ? METHODS.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`) : [],
    );
  }

  /** Says what is wrong with an answer, or null. An unlisted method or path may only be refused. */
  judge(sent: string, pathname: string, status: number, type: string, body: Json | undefined): string | null {
    const method = sent === "HEAD" ? "GET" : sent;
    const template = this.#template(pathname);
    const operation = template === null ? undefined : read(this.#operation(template), method.toLowerCase());
    if (template === null || operation === undefined) {
      return [400, 404, 405, 414].includes(status) ? null : `${method} ${pathname} is not listed`;
    }
    const responses = read(operation, "responses");
    if (!isMap(responses)) return `${method} ${template} lists no responses`;
    const key = [String(status), `${String(status)[0]}XX`, "default"].find((name) => name in responses);
    if (key === undefined) return `${method} ${template} does not list status ${status}`;
    const response = this.#resolve(responses[key]);
    const content = isMap(response) ? response.content : undefined;
    if (sent === "HEAD") return body === undefined ? null : "HEAD was answered with a body";
    if (!isMap(content)) return body === undefined ? null : `${method} ${template} ${status} lists no body`;
    const media = type.split(";")[0]?.trim() ?? "";
    if (!(media in content)) return `${method} ${template} ${status} does not list ${media}`;
    if (media !== "application/json") return null;
    const validate = this.#validator(responses[key], template, method.toLowerCase(), key);
    if (validate(body)) return null;
    return `${method} ${template} ${status}: ${this.#ajv.errorsText(validate.errors)}`;
  }

  #operation(template: string): Json | undefined {
    const paths = this.#document.paths;
    return isMap(paths) ? paths[template] : undefined;
  }

  #resolve(value: Json | undefined): Json | undefined {
    if (!isMap(value) || typeof value.$ref !== "string") return value;
    return read(this.#document, value.$ref.slice(2).replaceAll("/", "."));
  }

  #validator(response: Json | undefined, template: string, method: string, status: string): ValidateFunction {
    const cacheKey = `${method} ${template} ${status}`;
    const known = this.#compiled.get(cacheKey);
    if (known !== undefined) return known;
    const base =
      isMap(response) && typeof response.$ref === "string"
        ? response.$ref
        : `#/paths/${encodeURIComponent(template.replaceAll("~", "~0").replaceAll("/", "~1"))}/${method}/responses/${status}`;
    const validate = this.#ajv.compile({ $ref: `openapi${base}/content/application~1json/schema` });
    this.#compiled.set(cacheKey, validate);
    return validate;
  }

  /** The listed path that a concrete one is an instance of; literal segments win over parameters. */
  #template(pathname: string): string | null {
    const paths = this.#document.paths;
    if (!isMap(paths)) return null;
    const wanted = pathname.split("/");
    const matching = Object.entries(paths).flatMap(([template, item]) => {
      const segments = template.split("/");
      // `{path}` at the end takes all that follows.
      const open = segments.at(-1) === "{path}" && wanted.length > segments.length;
      if (!isMap(item) || (segments.length !== wanted.length && !open)) return [];
      const fits = segments.every((segment, at) => segment.startsWith("{") || segment === wanted[at]);
      return fits ? [{ template, parameters: segments.filter((segment) => segment.startsWith("{")).length }] : [];
    });
    return matching.sort((one, other) => one.parameters - other.parameters)[0]?.template ?? null;
  }
}
