/** A call of a method of an object, as the test's Worker takes it. */
export interface TenantRequest {
  object: "tenant" | "cell";
  name: string;
  method: string;
  args: unknown[];
}
