import { start as startReceiver } from "../../examples/services/receiver/server.ts";
import { start as startWeather } from "../../examples/services/weather/server.ts";

export interface ExampleServices {
  /** Host names by which connectors and connections call them → where they are. */
  hosts: Record<string, string>;
  stop(): Promise<void>;
}

/** What the examples call: a connector's own service, and a receiver that stands for the outside world. */
export async function startServices(): Promise<ExampleServices> {
  const [weather, receiver] = await Promise.all([startWeather({ port: 0 }), startReceiver({ port: 0 })]);
  return {
    hosts: { "weather-service:8000": `127.0.0.1:${weather.port}`, "receiver:8080": `127.0.0.1:${receiver.port}` },
    async stop() {
      await Promise.all([weather.close(), receiver.close()]);
    },
  };
}
