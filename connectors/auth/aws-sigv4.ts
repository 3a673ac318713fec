import { AwsV4Signer } from "aws4fetch";
import type { AuthDeclaration } from "../manifest/manifest.ts";
import { type Authorized, firstText, type OpenConnection } from "./credentials.ts";
import type { SignableRequest } from "./signable-request.ts";

/**
 * AWS_SIGV4: signs the request as it will be sent (AWS Signature Version 4). Values: `access_key_id`, `secret_access_key`,
 * `session_token`; where they are not told by the host name, `region` and `service` come from the connection or the connector.
 */
export async function awsSigv4(
  connection: OpenConnection,
  declared: AuthDeclaration | undefined,
  request: SignableRequest,
  now: number,
): Promise<Authorized> {
  const { values, config } = connection;
  const accessKeyId = firstText([values, config], ["access_key_id", "accessKeyId"]);
  const secretAccessKey = firstText([values], ["secret_access_key", "secretAccessKey"]);
  if (accessKeyId === undefined || secretAccessKey === undefined)
    return { ok: false, message: "The connection needs `access_key_id` and `secret_access_key`" };
  const options = declared?.options ?? {};
  const service = firstText([config, options], ["service"]);
  const body = await bytesOf(request.body);
  if (body === undefined && service !== "s3")
    return { ok: false, message: "A multipart body cannot be signed: send JSON, text, a form or bytes" };
  const headers = new Headers([...request.headers]);
  headers.set("x-amz-content-sha256", body === undefined ? "UNSIGNED-PAYLOAD" : await sha256(body));
  const sessionToken = firstText([values], ["session_token", "sessionToken"]);
  const region = firstText([config, options], ["region"]);
  const signer = new AwsV4Signer({
    url: request.url,
    method: request.method,
    headers,
    accessKeyId,
    secretAccessKey,
    datetime: new Date(now).toISOString().replaceAll(/[:-]|\.\d{3}/g, ""),
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(service === undefined ? {} : { service }),
    ...(region === undefined ? {} : { region }),
  });
  const signed = await signer.sign();
  const added = ["authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"].flatMap((name) => {
    const value = signed.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  return { ok: true, credentials: { headers: Object.fromEntries(added), query: {}, plain: PLAIN } };
}

const PLAIN = ["x-amz-date", "x-amz-content-sha256"];

/** The body as it goes out; undefined where only the runtime knows how it will write it. */
async function bytesOf(body: SignableRequest["body"]): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (body === undefined) return new Uint8Array();
  if (body instanceof FormData) return undefined;
  return body instanceof Uint8Array ? body : Uint8Array.from(new TextEncoder().encode(String(body)));
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
