/** Ids that accompany a call (section 17). The RPC face's `CallContext` is one. */
export interface CallIdentity {
  tenantId: string;
  environment: string;
  executionId: string;
  workflowName: string;
  workflowVersion: string;
  runAttempt: number;
  traceparent?: string;
}
