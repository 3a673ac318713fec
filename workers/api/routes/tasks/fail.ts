import { failTaskBody } from "../../../../contracts/api/tasks.ts";
import { envelopeOfFailure } from "../../../services/tasks/envelope-of.ts";
import { taskDoor } from "./task-door.ts";

export const failTask = taskDoor({
  verb: "fail",
  summary: "Finish a task with an error",
  schema: failTaskBody,
  reportOf: (body) => ({ kind: "finish", envelope: envelopeOfFailure(body) }),
});
