import type { IsolateLoader } from "../isolate/load-isolate.ts";

/** Bindings of the code plugin. Nothing that it runs reaches them. */
export interface Env {
  /** Makes the isolates of isolated executions. */
  LOADER: IsolateLoader;
}
