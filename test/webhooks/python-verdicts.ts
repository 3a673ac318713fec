import { spawnSync } from "node:child_process";

/** A delivery as it came, and the secret that its receiver has. */
export type Delivered = [secret: string, body: string, headers: Record<string, string>];

/** By the words of the specification and Python's own library: no code of ours, and none of JavaScript. */
const PROGRAM = `
import base64, hashlib, hmac, json, sys, time
def verdict(secret, body, headers):
    at = headers["webhook-timestamp"]
    signed = ".".join([headers["webhook-id"], at, body]).encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fits = any([hmac.compare_digest(expected, given) for given in headers["webhook-signature"].split(" ")])
    return "good" if fits and abs(time.time() - int(at)) <= 300 else "refused"
print(json.dumps([verdict(*each) for each in json.load(sys.stdin)]))
`;

/** What a receiver that is written in Python says of deliveries. */
export function pythonVerdicts(deliveries: readonly Delivered[]): string[] {
  const { status, stdout, stderr, error } = spawnSync("python3", ["-I", "-S", "-c", PROGRAM], {
    input: JSON.stringify(deliveries),
    encoding: "utf8",
  });
  // Python that is missing or breaks has refused nothing.
  if (error || status !== 0) throw error ?? new Error(`python3 ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}
