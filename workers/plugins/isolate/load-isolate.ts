/** What a dynamic isolate is made of. */
export interface IsolateCode {
  /** Never inherited: what its code may use does not change with the Worker around it. */
  compatibilityDate: string;
  compatibilityFlags?: string[];
  mainModule: string;
  modules: Record<string, string | { wasm: WebAssembly.Module }>;
  env: Record<string, unknown>;
  /** Where its fetches go; null: nowhere. */
  globalOutbound: Fetcher | null;
  /** Enforced by a deployment; the local runtime takes no notice. */
  limits?: { cpuMs: number; subRequests: number };
}

/*
 * The loader as it is used here. Written out, because the platform's own type lets `globalOutbound` be left out, and an
 * isolate without it has the whole network of its parent.
 */
export interface IsolateLoader {
  get(name: string, code: () => IsolateCode | Promise<IsolateCode>): { getEntrypoint<Face>(): Face };
}

/**
 * The isolate of that name; the first call makes it of `code`. The only place that reaches the loader:
 * `test/architecture/loader.test.ts`.
 */
export function loadIsolate<Face>(
  loader: IsolateLoader,
  name: string,
  code: () => IsolateCode | Promise<IsolateCode>,
): Face {
  return loader.get(name, code).getEntrypoint<Face>();
}
