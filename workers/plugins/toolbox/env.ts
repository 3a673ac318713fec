import type { IsolateLoader } from "../isolate/load-isolate.ts";

/** Bindings of the toolbox plugin. What it computes depends on its input alone. */
export interface Env {
  /** Makes the isolates of isolated executions. */
  LOADER: IsolateLoader;
}
