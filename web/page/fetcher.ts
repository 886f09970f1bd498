/** How GraphiQL reaches the server: whoever has signed in asks. */

import type { Fetcher, SyncExecutionResult } from "@graphiql/toolkit";

import { type Answer, Closed, Failed, post } from "../client/coffer.ts";
import { credentials, renew } from "./renewal.ts";
import { ADDRESS, signInHasEnded } from "./session.ts";
import { start } from "./subscriptions.ts";
import { isNamed, watched } from "./watching.ts";

/** GraphiQL shows whatever it is handed, as JSON. */
export const fetcher: Fetcher = async (request, options) =>
  (await answered(request, options)) as SyncExecutionResult;

async function answered(...[request, options]: Parameters<Fetcher>): Promise<unknown> {
  const { query } = request;
  const variables = (request.variables ?? {}) as Record<string, unknown>;
  // Just after a change of the text GraphiQL may still name the operation that stood there before.
  const known = isNamed(query, request.operationName);
  const operationName = known ? request.operationName : null;
  const subscription = watched(query, operationName, variables);
  if (subscription === null) {
    const asked = { query, variables, operationName: operationName ?? null };
    return await asAnybody(asked, options?.headers);
  }
  try {
    await start(subscription);
  } catch (error) {
    if (error instanceof Failed) {
      return { errors: error.faults };
    }
    return { errors: [{ message: error instanceof Closed ? error.message : String(error) }] };
  }
  return {
    following: subscription.name,
    events: "are listed below as they come, whatever else you do meanwhile",
  };
}

/** Ask as whoever has signed in; with a new token where the one of before is dead already. */
async function asAnybody(
  asked: Parameters<typeof post>[2],
  headers?: Record<string, string>,
): Promise<unknown> {
  const caller = await credentials();
  const answer = await post(ADDRESS, caller, asked, headers);
  if (caller === null || !isUnauthenticated(answer)) {
    return answer;
  }
  if ((await credentials()) === caller) {
    await renew();
  }
  const renewed = await credentials();
  if (renewed === caller || renewed === null) {
    signInHasEnded();
    return answer;
  }
  return await post(ADDRESS, renewed, asked, headers);
}

function isUnauthenticated(answer: Answer<unknown>): boolean {
  return answer.errors?.some((fault) => fault.extensions?.code === "UNAUTHENTICATED") ?? false;
}
