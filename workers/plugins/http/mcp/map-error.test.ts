import { SdkErrorCode, SdkHttpError } from "@modelcontextprotocol/client";
import { expect, test } from "vitest";
import { Masker } from "../../../../connectors/mask.ts";
import { mapError } from "./map-error.ts";

function failureOf(status: number, begun = true) {
  const error = new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, "no", { status });
  const scene = { host: "mcp.example", tooLarge: false, timedOut: false, timeoutMs: 1_000, elapsedMs: 5 };
  return mapError(error, { ...scene, begun, masker: new Masker() });
}

test("a gateway that waited for the server in vain leaves open whether the tool was called, once the call was sent", () => {
  for (const status of [504, 524])
    expect(failureOf(status)).toMatchObject({ error: { code: "TIMEOUT", details: { status } }, outcomeUnknown: true });
  for (const status of [401, 408, 429, 500, 502, 503, 522]) expect(failureOf(status).outcomeUnknown).toBeUndefined();
  for (const status of [504, 524]) expect(failureOf(status, false).outcomeUnknown).toBeUndefined();
});
