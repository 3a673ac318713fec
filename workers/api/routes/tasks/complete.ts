import { completeTaskBody } from "../../../../contracts/api/tasks.ts";
import { envelopeOfCompletion } from "../../../services/tasks/envelope-of.ts";
import { taskDoor } from "./task-door.ts";

export const completeTask = taskDoor({
  verb: "complete",
  summary: "Finish a task with its result",
  schema: completeTaskBody,
  reportOf: (body) => ({ kind: "finish", envelope: envelopeOfCompletion(body) }),
});
