/**
 * Keeping a sign-in alive, and ending it: the access token is renewed before it expires, by a refresh token that
 * is good once. Whoever uses one twice is taken for a thief, so one tab alone holds it.
 */

import { ask, type Credentials, newKey } from "../client/coffer.ts";
import {
  RefreshSessionDocument,
  type RefreshSessionMutation,
  SignOutDocument,
} from "./generated.ts";
import { ADDRESS, session, signInHasEnded, type SignedIn } from "./session.ts";

/** How long before it expires a token is renewed. */
const EARLY_MS = 60_000;
/** How soon it is tried again when the server was away, or had no time. */
const AGAIN_MS = 5_000;
const TRIES = 3;
/** How long a tab that is loaded anew may take to let go of what it held. */
const HANDOVER_MS = 2_000;

let renewing: Promise<void> | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let held: { key: string; letGo: () => void } | null = null;

session.watch(look);
look();

/** Return who calls, with an access token that is good for a while. */
export async function credentials(): Promise<Credentials> {
  if (renewing !== null || untilDue(session.get()) <= 0) {
    await renew();
  }
  return session.get()?.credentials ?? null;
}

/** End the session, at the server too. */
export async function signOut(): Promise<void> {
  const caller = await credentials();
  session.set(null);
  if (caller !== null && "token" in caller) {
    // The tab has forgotten it already; should the server not hear of it, it ends by itself.
    await ask(ADDRESS, caller, SignOutDocument, {}).catch(() => null);
  }
}

/** Renew the access token; all who need it at the same time are served by one renewal. */
export function renew(): Promise<void> {
  renewing ??= renewed().finally(() => {
    renewing = null;
  });
  return renewing;
}

/** Set the clock for whoever has signed in, and see that no other tab is them. */
function look(): void {
  const signedIn = session.get();
  clearTimeout(timer);
  if (signedIn?.renewal) {
    timer = setTimeout(() => void renew(), Math.max(untilDue(signedIn), 0));
  }
  if (signedIn?.key !== held?.key) {
    held?.letGo();
    held = signedIn && hold(signedIn.key);
  }
}

function untilDue(signedIn: SignedIn | null): number {
  return signedIn?.renewal
    ? Date.parse(signedIn.renewal.expiresAt) - EARLY_MS - Date.now()
    : Number.POSITIVE_INFINITY;
}

/** Hold a sign-in until it is let go; a tab that was made as a copy of another finds it held. */
function hold(key: string): { key: string; letGo: () => void } {
  const end = Promise.withResolvers<void>();
  // Only where the page came over a safe connection, and from the machine itself.
  navigator.locks
    ?.request(`coffer:${key}`, { signal: AbortSignal.timeout(HANDOVER_MS) }, () => end.promise)
    .catch(() => {
      if (session.get()?.key === key) {
        signInHasEnded("This tab is a copy of another. Sign in here too.");
      }
    });
  return { key, letGo: end.resolve };
}

async function renewed(): Promise<void> {
  const before = session.get();
  if (!before?.renewal) {
    return;
  }
  const answer = await answered(before.renewal.refreshToken);
  if (session.get() !== before) {
    return;
  }
  if (answer?.__typename === "RefreshSessionSuccess") {
    const { token, expiresAt, refreshToken } = answer;
    session.set({ ...before, credentials: { token }, renewal: { expiresAt, refreshToken } });
  } else if (answer?.code === "SESSION_ENDED") {
    signInHasEnded();
  } else {
    clearTimeout(timer);
    timer = setTimeout(() => void renew(), AGAIN_MS);
  }
}

/** Ask, and again with the same key: for an answer that got lost there is another. */
async function answered(refreshToken: string): Promise<RefreshSessionMutation["refreshSession"]> {
  const input = { idempotencyKey: newKey(), refreshToken };
  for (let left = TRIES; left > 0; left -= 1) {
    try {
      return (await ask(ADDRESS, null, RefreshSessionDocument, { input })).refreshSession;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS / TRIES));
    }
  }
  return null;
}
