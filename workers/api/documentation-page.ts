import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";

const STYLE = `:root{color-scheme:light dark;--line:#8884;--soft:#8881;--accent:#0a6cbd}
body{font:16px/1.55 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:2rem 1.25rem}
h1{font-size:1.7rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.25rem 0 .5rem;text-transform:capitalize}
code,pre{font:13.5px/1.5 ui-monospace,monospace}pre{overflow-x:auto;padding:.75rem;background:var(--soft);border-radius:6px}
details{border:1px solid var(--line);border-radius:6px;margin:.4rem 0}summary{cursor:pointer;padding:.55rem .75rem}
details>div{padding:0 .75rem .75rem}table{border-collapse:collapse;width:100%;font-size:.92rem}
td{border-top:1px solid var(--line);padding:.3rem .5rem .3rem 0;vertical-align:top}td:first-child{white-space:nowrap;width:1%}
.method{display:inline-block;min-width:4.2rem;font-weight:600;color:var(--accent)}.quiet{opacity:.75}a{color:var(--accent)}`;

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function prose(source: string): string {
  return escaped(source)
    .split("\n\n")
    .map((paragraph) => `<p>${paragraph.replaceAll(/`([^`]+)`/g, "<code>$1</code>")}</p>`)
    .join("");
}

/** `#/components/schemas/Error` → the schema's name; else what kind of value it is. */
function schemaName(schema: Json | undefined): string {
  if (!isObject(schema)) return "";
  const reference = text(schema.$ref);
  return reference === "" ? text(schema.type) : (reference.split("/").at(-1) ?? "");
}

function schemaOf(content: Json | undefined): Json | undefined {
  const json = isObject(content) ? content["application/json"] : undefined;
  return isObject(json) ? json.schema : undefined;
}

function rows(pairs: readonly (readonly [string, string])[]): string {
  return `<table>${pairs.map(([name, what]) => `<tr><td><code>${escaped(name)}</code></td><td>${what}</td></tr>`).join("")}</table>`;
}

function parameters(operation: JsonObject): string {
  const list = Array.isArray(operation.parameters) ? operation.parameters.filter(isObject) : [];
  if (list.length === 0) return "";
  const described = list.map((it) => {
    const about = [text(it.in), it.required === true ? "required" : "", text(it.description)].filter(
      (part) => part !== "",
    );
    return [text(it.name), escaped(about.join(" · "))] as const;
  });
  return `<h4>Parameters</h4>${rows(described)}`;
}

function requestBody(operation: JsonObject, schemas: JsonObject): string {
  if (!isObject(operation.requestBody) || !isObject(operation.requestBody.content)) return "";
  const { content } = operation.requestBody;
  const name = schemaName(schemaOf(content));
  const schema = schemas[name];
  const yaml = isObject(content["application/yaml"]) ? content["application/yaml"].schema : undefined;
  const example =
    isObject(schema) && schema.example !== undefined
      ? JSON.stringify(schema.example, null, 2)
      : isObject(yaml)
        ? text(yaml.example)
        : "";
  const types = Object.keys(content).map((type) => `<code>${escaped(type)}</code>`);
  return `<h4>Body</h4><p>${types.join(" or ")} ${escaped(name)}</p>${example === "" ? "" : `<pre>${escaped(example)}</pre>`}`;
}

function responses(operation: JsonObject): string {
  if (!isObject(operation.responses)) return "";
  const described = Object.entries(operation.responses).map(([status, response]) => {
    const about = isObject(response) ? `${text(response.description)} ` : "";
    const name = isObject(response) ? schemaName(schemaOf(response.content)) : "";
    return [status, `${prose(about).replaceAll(/<\/?p>/g, "")}<span class="quiet">${escaped(name)}</span>`] as const;
  });
  return `<h4>Answers</h4>${rows(described)}`;
}

function endpointSection(method: string, path: string, operation: JsonObject, schemas: JsonObject): string {
  const head = `<summary><span class="method">${method.toUpperCase()}</span> <code>${escaped(path)}</code> <span class="quiet">${escaped(text(operation.summary))}</span></summary>`;
  const body =
    prose(text(operation.description)) + parameters(operation) + requestBody(operation, schemas) + responses(operation);
  return `<details>${head}<div>${body}</div></details>`;
}

/** The OpenAPI document as a page that needs nothing else: no script, no font, no other host. */
export function documentationPage(document: object): { html: string; contentSecurityPolicy: string } {
  const source: Json = JSON.parse(JSON.stringify(document));
  const root = isObject(source) ? source : {};
  const info = isObject(root.info) ? root.info : {};
  const components = isObject(root.components) ? root.components : {};
  const schemas = isObject(components.schemas) ? components.schemas : {};
  const sections = new Map<string, string[]>();
  for (const [path, item] of Object.entries(isObject(root.paths) ? root.paths : {})) {
    for (const [method, operation] of Object.entries(isObject(item) ? item : {})) {
      if (!isObject(operation)) continue;
      const tag = Array.isArray(operation.tags) ? text(operation.tags[0]) : "";
      sections.set(tag, [...(sections.get(tag) ?? []), endpointSection(method, path, operation, schemas)]);
    }
  }
  const shapes = Object.entries(schemas).map(
    ([name, schema]) =>
      `<details><summary><code>${escaped(name)}</code></summary><div><pre>${escaped(JSON.stringify(schema, null, 2))}</pre></div></details>`,
  );
  const body = [...sections]
    .map(([tag, list]) => `<section><h2>${escaped(tag)}</h2>${list.join("")}</section>`)
    .join("");
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escaped(text(info.title))}</title><style>${STYLE}</style></head><body><header><h1>${escaped(text(info.title))} API</h1><p>${prose(text(info.description)).replaceAll(/<\/?p>/g, "")} Keys go into <code>Authorization: Bearer sk_…</code>. The same as <a href="/openapi.json">openapi.json</a>.</p></header><main>${body}<section><h2>Shapes</h2>${shapes.join("")}</section></main></body></html>`;
  const hash = btoa(String.fromCharCode(...sha256(utf8ToBytes(STYLE))));
  const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return { html, contentSecurityPolicy };
}
