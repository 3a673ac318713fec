import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

export interface CheckedAnswer {
  status: number;
  // What an answer holds is what its schema says; each test names the members it looks at.
  body: Record<string, never> & { [member: string]: unknown };
  /** As it came; all there is of an answer that is not JSON. */
  text: string;
  headers: Headers;
}

export interface CheckedRequest {
  body?: unknown;
  /** Sent as it is; `body` is sent as JSON. */
  raw?: string | Uint8Array<ArrayBuffer>;
  type?: string;
  headers?: Record<string, string>;
}

interface OpenApi {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: object }> }> }>
  >;
  components: object;
}

function template(paths: string[], pathname: string): string | undefined {
  const words = (path: string) => path.split("/").filter((word) => word.startsWith("{")).length;
  return paths
    .filter((path) => new RegExp(`^${path.replaceAll("{path}", ".+").replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(pathname))
    .sort((a, b) => words(a) - words(b))[0];
}

/** A client that believes no answer that `/openapi.json` does not describe: status, shape and request id. */
export async function checkedClient(baseUrl: string) {
  const openApi: OpenApi = JSON.parse(await (await fetch(`${baseUrl}/openapi.json`)).text());
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: "api", components: openApi.components });

  function check(method: string, pathname: string, status: number, mediaType: string | null, body: unknown): void {
    const path = template(Object.keys(openApi.paths), pathname);
    const operation = path === undefined ? undefined : openApi.paths[path]?.[method.toLowerCase()];
    if (operation === undefined) {
      if (status === 404 || status === 405) return;
      throw new Error(`${method} ${pathname} is not in /openapi.json and answered ${status}`);
    }
    const described = operation.responses[String(status)];
    if (described === undefined)
      throw new Error(
        `${method} ${path} answered ${status}, which /openapi.json does not know: ${JSON.stringify(body)}`,
      );
    if (mediaType !== null && described.content !== undefined && described.content[mediaType] === undefined)
      throw new Error(`${method} ${path} ${status} came as ${mediaType}, which /openapi.json does not know`);
    const schema = described.content?.["application/json"]?.schema;
    if (schema === undefined || mediaType !== "application/json") return;
    const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"api#/components')));
    if (!validate(body))
      throw new Error(
        `${method} ${path} ${status}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(body).slice(0, 500)}`,
      );
  }

  return async (
    key: string | null,
    method: string,
    path: string,
    request: CheckedRequest = {},
  ): Promise<CheckedAnswer> => {
    const headers = new Headers(request.headers);
    if (key !== null) headers.set("authorization", `Bearer ${key}`);
    const sent = request.raw ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
    if (sent !== undefined && request.type !== "") headers.set("content-type", request.type ?? "application/json");
    const answer = await fetch(baseUrl + path, {
      method,
      headers,
      body: sent === undefined ? null : new Blob([sent], {}),
    });
    const text = await answer.text();
    const mediaType = text === "" ? null : (answer.headers.get("content-type")?.split(";")[0] ?? "none");
    const body = mediaType === "application/json" ? JSON.parse(text) : {};
    if (!/^req_[0-9a-z]+$/.test(answer.headers.get("x-request-id") ?? ""))
      throw new Error(`${method} ${path}: no X-Request-Id`);
    check(method, new URL(baseUrl + path).pathname, answer.status, mediaType, body);
    return { status: answer.status, body, text, headers: answer.headers };
  };
}

export type CheckedClient = Awaited<ReturnType<typeof checkedClient>>;
