export interface ExampleServices {
  /** Host names by which workflows and connectors call them → where they are. */
  hosts: Record<string, string>;
  stop(): Promise<void> | void;
}

export async function startServices(): Promise<ExampleServices> {
  return { hosts: {}, stop: () => undefined };
}
