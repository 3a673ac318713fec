import * as z from "zod";
import { cleanText } from "../../../contracts/clean-text.ts";

/* Path members. An id of a wrong form is as unknown as any other: the verb says NOT_FOUND. */
export const slugParams = z.object({ slug: cleanText(200) });
export const slugVersionParams = z.object({ slug: cleanText(200), version: cleanText(100) });
export const idParams = z.object({ id: cleanText(200) });
export const scopeParams = z.object({ scope: cleanText(250) });
export const nameParams = z.object({ name: cleanText(200) });
export const stepParams = z.object({ id: cleanText(200), path: cleanText(1_000) });
export const approvalParams = z.object({ id: cleanText(200), step: cleanText(1_000) });
export const connectorParams = z.object({ namespace: cleanText(100), name: cleanText(100) });
export const connectorVersionParams = connectorParams.extend({ version: cleanText(100) });
export const instanceParams = z.object({ plugin_slug: cleanText(200), instance_id: cleanText(200) });
export const namespaceParams = z.object({ namespace: cleanText(100) });
export const namespaceKeyParams = namespaceParams.extend({ id: cleanText(200) });
