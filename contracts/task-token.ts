import * as z from "zod";
import { SignedTexts } from "./signed-texts.ts";

/*
 * What a service finishes an attempt with, later (section 8). It names the attempt and nothing else does: whoever has it may
 * finish that attempt, and no other.
 */

/** Short names: the token travels in a header and in URLs. */
const place = z.tuple([z.string(), z.enum(["live", "test"]), z.string(), z.string(), z.int(), z.int()]);

/** Which attempt a token stands for. */
export interface TaskPlace {
  tenantId: string;
  environment: "live" | "test";
  executionId: string;
  /** Run-time path of the step. */
  path: string;
  runAttempt: number;
  attempt: number;
}

/** Makes and reads task tokens. */
export class TaskTokens {
  readonly #texts: SignedTexts;

  constructor(deploymentKey: Uint8Array) {
    this.#texts = new SignedTexts(deploymentKey, "task-token/1", { prefix: "task_", most: 6_000 });
  }

  /** The same for the same attempt: one that is called again after a crash is finished with the token of the first call. */
  issue({ tenantId, environment, executionId, path, runAttempt, attempt }: TaskPlace): string {
    return this.#texts.sign(JSON.stringify([tenantId, environment, executionId, path, runAttempt, attempt]));
  }

  /** Null for a token that is forged or altered. */
  read(token: string): TaskPlace | null {
    const opened = this.#texts.open(token);
    if (opened === undefined) return null;
    const [tenantId, environment, executionId, path, runAttempt, attempt] = place.parse(opened);
    return { tenantId, environment, executionId, path, runAttempt, attempt };
  }
}
