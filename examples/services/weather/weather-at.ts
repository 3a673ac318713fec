import { createHash } from "node:crypto";

export interface Weather {
  location: string;
  latitude: number;
  longitude: number;
  temperature: number;
  windspeed: number;
  wind_direction: number;
  weather_code: number;
  time: string;
  status: "success";
}

/** The weather never changes here: the same place always answers the same. */
const OBSERVED = "2026-01-15T12:00:00Z";
const FIRST_DAY = Date.UTC(2026, 0, 15);
const DAY_MS = 86_400_000;

type City = Pick<
  Weather,
  "location" | "latitude" | "longitude" | "temperature" | "windspeed" | "wind_direction" | "weather_code"
>;

const CITIES: readonly City[] = [
  {
    location: "San Francisco",
    latitude: 37.7749,
    longitude: -122.4194,
    temperature: 16.5,
    windspeed: 18.2,
    wind_direction: 280,
    weather_code: 2,
  },
  {
    location: "New York",
    latitude: 40.7128,
    longitude: -74.006,
    temperature: 3,
    windspeed: 22.4,
    wind_direction: 310,
    weather_code: 71,
  },
  {
    location: "London",
    latitude: 51.5074,
    longitude: -0.1278,
    temperature: 8.4,
    windspeed: 14.8,
    wind_direction: 240,
    weather_code: 61,
  },
  {
    location: "Tokyo",
    latitude: 35.6762,
    longitude: 139.6503,
    temperature: 9.1,
    windspeed: 10.1,
    wind_direction: 20,
    weather_code: 0,
  },
  {
    location: "Cairo",
    latitude: 30.0444,
    longitude: 31.2357,
    temperature: 38.2,
    windspeed: 12.6,
    wind_direction: 350,
    weather_code: 0,
  },
  {
    location: "Wellington",
    latitude: -41.2865,
    longitude: 174.7762,
    temperature: 17.3,
    windspeed: 61.9,
    wind_direction: 340,
    weather_code: 3,
  },
];

const CODES = [0, 1, 2, 3, 45, 61, 63, 71, 80, 95];

function numbersOf(seed: string): number[] {
  return [...createHash("sha256").update(seed).digest()];
}

function coordinatesOf(location: string): [number, number] | undefined {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*$/.exec(location);
  const [latitude, longitude] = [Number(match?.[1]), Number(match?.[2])];
  return match && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [latitude, longitude] : undefined;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The weather at a place: fixed for known cities, else derived from a hash of the name. */
export function weatherAt(location: string): Weather {
  const name = location.trim();
  const known = CITIES.find((city) => city.location.toLowerCase() === name.toLowerCase());
  if (known) return { ...known, time: OBSERVED, status: "success" };
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = numbersOf(name.toLowerCase());
  const [latitude, longitude] = coordinatesOf(name) ?? [round(a * 0.6 - 76), round(b * 1.4 - 178)];
  return {
    location: name,
    latitude,
    longitude,
    temperature: round(c / 6 - 8),
    windspeed: round(d / 6),
    wind_direction: Math.round((e * 359) / 255),
    weather_code: CODES[f % CODES.length] ?? 0,
    time: OBSERVED,
    status: "success",
  };
}

/** The coming days at a place. */
export function forecastAt(location: string, days: number) {
  const today = weatherAt(location);
  const forecast = Array.from({ length: days }, (_, day) => {
    const [a = 0, b = 0, c = 0, d = 0] = numbersOf(`${today.location.toLowerCase()} ${day}`);
    const middle = today.temperature + a / 64 - 2;
    return {
      date: new Date(FIRST_DAY + day * DAY_MS).toISOString().slice(0, 10),
      temperature_max: round(middle + 2 + b / 64),
      temperature_min: round(middle - 2 - b / 64),
      precipitation: round(c > 128 ? (c - 128) / 10 : 0),
      weather_code: CODES[d % CODES.length] ?? 0,
    };
  });
  const { location: name, latitude, longitude } = today;
  return { location: name, latitude, longitude, forecast, status: "success" as const };
}
