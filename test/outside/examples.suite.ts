import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { isMap, type Json, type JsonMap, read, readList } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
const EXAMPLES = join(import.meta.dirname, "../../examples");

/** The receiver stands for the outside world; the platform itself can ask it what it got. */
async function received(): Promise<Json[]> {
  const answer = await act("http.get", { url: "http://receiver:8080/received" });
  const body = read(answer, "body");
  return Array.isArray(body) ? body : readList(body, "requests" in (isMap(body) ? body : {}) ? "requests" : "received");
}

async function act(action: string, input: JsonMap): Promise<Json | undefined> {
  const answer = await outside.api.post("/execute", { action, input });
  expect(answer).toMatchObject({ status: 200, body: { status: "success" } });
  return read(answer.body, "data");
}

async function runExample(workflow: string, inputs: JsonMap = {}): Promise<JsonMap> {
  const answer = await outside.api.start({ workflow, inputs, execution_mode: "sync", timeout: 60 });
  expect(answer.status).toBe(200);
  return isMap(answer.body) ? answer.body : {};
}

const outputs = (run: JsonMap): Json | undefined => read(run, "result.outputs");

beforeAll(async () => {
  for (const [place, path] of [
    ["weather/connector.yaml", "/connectors"],
    ["pagerduty/connector.yaml", "/connectors"],
    ["weather/workflows.yaml", "/workflows"],
    ["calculator/workflows.yaml", "/workflows"],
  ] as const) {
    if (place === "weather/workflows.yaml") {
      const values = { base_url: "http://receiver:8080/slack", token: "outside-token" };
      const slack = await outside.api.post("/connections", {
        connector: "slack",
        name: "outside",
        type: "BEARER",
        values,
      });
      expect([201, 409]).toContain(slack.status);
      const key = { base_url: "http://receiver:8080/pagerduty", api_key: "outside-key" };
      const duty = { connector: "pagerduty", name: "outside", type: "API_KEY", values: key };
      expect([201, 409]).toContain((await outside.api.post("/connections", duty)).status);
    }
    const answer = await outside.api.yaml(path, readFileSync(join(EXAMPLES, place), "utf8"));
    expect([place, [201, 409].includes(answer.status) ? 201 : answer.text]).toEqual([place, 201]);
  }
});

describe("calculator", () => {
  const sums: [string, JsonMap, Json][] = [
    ["add", { a: 10, b: 5 }, 15],
    ["add", { a: 0.1, b: 0.2 }, 0.30000000000000004],
    ["subtract", { a: 3, b: 5 }, -2],
    ["multiply", { a: 15, b: 2 }, 30],
    ["divide", { a: 7, b: 2 }, 3.5],
    ["power", { base: 2, exponent: 10 }, 1024],
    ["sqrt", { value: 2 }, Math.SQRT2],
    ["percentage", { value: 30, percent: 15 }, 4.5],
  ];
  test.each(sums)("%s %j is %d", async (action, input, result) => {
    expect(await act(`calculator.${action}`, input)).toStrictEqual({ result });
  });

  test.each(["community/calculator.add", "calculator.add@1.0.0", "community/calculator.add@1.0.0"])(
    "%s names it too",
    async (action) => {
      expect(await act(action, { a: 1, b: 2 })).toStrictEqual({ result: 3 });
    },
  );

  test.each([
    ["divide", { a: 1, b: 0 }],
    ["sqrt", { value: -1 }],
    ["add", { a: "1", b: 2 }],
    ["add", { a: 1 }],
    ["add", { a: 1, b: 2, c: 3 }],
  ])("%s %j is VALIDATION", async (action, input) => {
    const answer = await outside.api.post("/execute", { action: `calculator.${action}`, input });
    expect(answer).toMatchObject({ status: 400, body: { status: "error", code: "VALIDATION" } });
  });

  test("compound interest: numbers and text, exact", async () => {
    const run = await runExample("compound-interest");
    const total = 1000 * 1.05 ** 10;
    expect(run.status).toBe("completed");
    expect(outputs(run)).toStrictEqual({
      final_amount: expect.closeTo(total, 9),
      interest_earned: expect.closeTo(total - 1000, 9),
      summary: `1000 becomes ${Math.round(total * 100) / 100} in 10 years`,
    });
  });

  test.each([
    [{}, { total: 108, discounted: true, average_price: 33.33 }],
    [{ prices: [10, 20] }, { total: 36, discounted: false, average_price: 15 }],
    [
      { prices: [100], discount_from: 100, tax_percent: 0 },
      { total: 100, discounted: false, average_price: 100 },
    ],
  ])("order total of %j", async (inputs, expected) => {
    expect(outputs(await runExample("order-total", inputs))).toStrictEqual(expected);
  });
});

describe("weather report", () => {
  const cities = ["San Francisco", "New York", "London"];
  const weatherIn = (location: string): Promise<Json | undefined> => act("weather.get_current_weather", { location });

  test("the service gives the same weather twice, with the types its schema says", async () => {
    for (const city of [...cities, "Nowhere in particular"]) {
      const once = await weatherIn(city);
      expect(once).toMatchObject({ location: city, temperature: expect.any(Number), windspeed: expect.any(Number) });
      expect(await weatherIn(city)).toStrictEqual(once);
    }
  });

  test("report: text with a loop, a float, a list, a boolean; the message arrived with the connection's token", async () => {
    const run = await runExample("weather-report");
    const weather = await Promise.all(cities.map(weatherIn));
    const temperatures = weather.map((one) => Number(read(one, "temperature")));
    const average = temperatures.reduce((sum, one) => sum + one, 0) / temperatures.length;
    const lines = weather.map(
      (one, at) => `${at + 1}. ${cities[at]}: ${temperatures[at]} °C, wind ${Number(read(one, "windspeed"))} km/h`,
    );
    const text = `🌍 Weather in 3 cities\n\n${lines.join("\n")}\n\nWarmest ${Math.max(...temperatures)} °C, coldest ${Math.min(...temperatures)} °C, on average ${Math.round(average * 10) / 10} °C\n`;
    expect(run.status).toBe("completed");
    expect(outputs(run)).toStrictEqual({
      report_text: text,
      average_temperature: expect.closeTo(average, 9),
      cities,
      posted: true,
    });
    const messages = (await received()).map((message) => JSON.stringify(message));
    const mine = messages.filter((message) => message.includes("🌍 Weather in 3 cities"));
    expect(mine.length).toBeGreaterThanOrEqual(1);
    expect(mine.at(-1)).toMatch(/chat\.postMessage/);
    expect(mine.at(-1)).toContain("#weather");
    expect(JSON.stringify(run)).not.toContain("outside-token");
  });

  test("one city, another channel", async () => {
    const run = await runExample("weather-report", { locations: ["London"], notification_channel: "#one" });
    expect(outputs(run)).toMatchObject({ cities: ["London"], posted: true });
    expect(JSON.stringify(await received())).toContain("#one");
  });

  test("a place the service does not know fails the run with its code", async () => {
    const run = await runExample("weather-report", { locations: ["London", "Atlantis"] });
    expect(run.status).toBe("failed");
    expect(["BACKEND_ERROR", "VALIDATION", "NOT_FOUND"]).toContain(read(run, "error.code"));
  });

  test("no cities: an empty list runs through the loop and stops where there is nothing to compute, or says so", async () => {
    const run = await runExample("weather-report", { locations: [] });
    expect(["completed", "failed"]).toContain(run.status);
    expect(read(run, "error.code") ?? "VALIDATION").toBe("VALIDATION");
  });
});

describe("weather alerts", () => {
  test("an incident for each extreme place, none for the others", async () => {
    const places = ["San Francisco", "Cairo", "Wellington"];
    const weather = await Promise.all(places.map((location) => act("weather.get_current_weather", { location })));
    const before = (await received()).length;
    for (const [temperature, wind] of [
      [35, 50],
      [-100, -100],
      [35, 10],
      [1000, 1000],
    ] as const) {
      const run = await runExample("weather-alerts", { temperature_threshold: temperature, wind_threshold: wind });
      const extreme = places.filter((_place, at) => {
        const hot = Number(read(weather[at], "temperature")) > temperature;
        const windy = Number(read(weather[at], "windspeed")) > wind;
        return [hot && windy, hot || windy].includes(true) && (hot || windy);
      });
      const both = places.filter(
        (_place, at) =>
          Number(read(weather[at], "temperature")) > temperature && Number(read(weather[at], "windspeed")) > wind,
      );
      expect(run.status).toBe("completed");
      const found = readList(outputs(run), "places");
      expect([extreme, both]).toContainEqual(found);
      expect(read(outputs(run), "alerts")).toBe(found.length);
      const step = readList(run, "steps").find((one) => read(one, "path") === "open_incidents");
      expect(read(step, "status")).toBe(found.length === 0 ? "skipped" : "completed");
    }
    expect((await received()).length).toBeGreaterThanOrEqual(before);
  });
});

describe("weather health", () => {
  test("all well: the statuses, the health's own word, no complaint", async () => {
    const run = await runExample("weather-health");
    expect(run.status).toBe("completed");
    expect(outputs(run)).toStrictEqual({ health: "ok", health_status: "success", weather_status: "success" });
    expect(readList(run, "steps").map((step) => [read(step, "id"), read(step, "status")])).toEqual([
      ["check_health", "completed"],
      ["try_weather", "completed"],
      ["complain", "skipped"],
    ]);
  });
});
