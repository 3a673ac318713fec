import { registerBody, registeredInstance } from "../../../../contracts/api/services.ts";
import { registerInstance } from "../../../services/registration/register.ts";
import { endpoint } from "../../endpoint.ts";

export const register = endpoint({
  method: "post",
  path: "/register",
  tag: "services",
  summary: "Register an instance of a connector's service",
  description:
    "Calls of the connector whose handler names no absolute url go to the least loaded of its healthy instances. Registering the same instance again replaces it.",
  scope: "connectors:write",
  body: { kind: "json", schema: registerBody },
  answers: { 200: { description: "Registered", schema: registeredInstance } },
  refusals: ["NOT_FOUND", "CONFLICT", "FORBIDDEN"],
  async handle({ context, body }) {
    const registered = await registerInstance(context, body);
    return registered.ok ? { status: 200, body: registered.value } : registered;
  },
});
