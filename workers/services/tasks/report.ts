import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Failure, failure, type Result, success } from "../../../contracts/errors.ts";
import {
  LONGEST_TASK_TOKEN,
  SHORTEST_TASK_TOKEN,
  type TaskReport,
  taskTokenObject,
} from "../../../contracts/task-rpc.ts";
import type { TaskPlace } from "../../../contracts/task-token.ts";
import type { Ports } from "../context.ts";
import { onCell, onServices } from "../object-calls.ts";

/** A service may finish a task before the answer that names its token has been read. */
const TOKEN_WAIT_MS = 1_000;

/**
 * What a service says of a task. Its token is the credential: addresses that send tokens that are none get few tries. `address`
 * is where the request came from.
 */
export async function reportTask(
  ports: Ports,
  token: string,
  report: TaskReport,
  address: string | undefined,
): Promise<Result<{ status: "accepted" }>> {
  const blockedMs = ports.addresses.blockedMs(address, ports.now());
  if (blockedMs > 0) {
    const message = "Too many task tokens from this address are no good.";
    return { ...failure("RATE_LIMITED", message), retryAfter: blockedMs / 1_000 };
  }
  const place = await placeOf(ports, token);
  const cell = place && ports.placement.locate(place, place.executionId);
  if (!place || !cell) {
    ports.addresses.refused(address, ports.now());
    return unknown();
  }
  const { executionId, path, runAttempt, attempt } = place;
  const answer = await onCell(ports, cell, (it) => it.reportTask(executionId, { path, runAttempt, attempt }, report));
  if (answer === null) return unknown();
  switch (answer.kind) {
    case "taken":
      return success({ status: "accepted" });
    case "over":
      await countLate(ports, place);
      return failure("CONFLICT", `The task is not waited for any more: its step is ${answer.status}.`, {
        step_status: answer.status,
      });
    case "refused":
      return failure("VALIDATION", `${answer.message}.`);
    case "unavailable":
      return { ...failure("UNAVAILABLE", "The result could not be read right now: send it again."), retryAfter: 1 };
    default:
      return answer satisfies never;
  }
}

async function placeOf(ports: Ports, token: string): Promise<TaskPlace | null> {
  const place = ports.taskTokens.read(token);
  if (place || token.length < SHORTEST_TASK_TOKEN || token.length > LONGEST_TASK_TOKEN) return place;
  const hash = bytesToHex(sha256(utf8ToBytes(token)));
  const ours = await ports.ownTaskTokens(taskTokenObject(hash)).resolve(hash, TOKEN_WAIT_MS);
  return ours === null ? null : ports.taskTokens.read(ours);
}

/** A duplicate, or too late: refused, and seen in the tenant's metrics. */
async function countLate(ports: Ports, owner: TaskPlace): Promise<void> {
  await onServices(ports, owner, (services) => services.countLateReport()).catch(() => undefined);
}

function unknown(): Failure {
  return failure("NOT_FOUND", "There is no such task.");
}
