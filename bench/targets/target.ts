/** What is measured: a process that runs workerd, reached by HTTP. */
export interface Target {
  name: "floor" | "platform";
  baseUrl: string;
  apiKey: string;
  /** The Node process around workerd; the platform's holds Postgres too. */
  hostPid: number;
  workerdPid: number;
  dataDir: string;
  /** A server on `port` of this machine, as the target may call it. */
  receiverOrigin(port: number): string;
  /** Ends it by force: its data is thrown away. */
  stop(): Promise<void>;
}
