/** Ids that accompany a call (section 17). The RPC face's `CallContext` is one. */
export interface CallIdentity {
  tenantId: string;
  environment: string;
  executionId: string;
  /** The workflow's slug; absent where there is no workflow. */
  workflowId?: string;
  workflowName: string;
  workflowVersion: string;
  runAttempt: number;
  traceparent?: string;
  /** With which a service may finish the attempt later. */
  taskToken?: string;
}
