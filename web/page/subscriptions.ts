/** The subscriptions that are being followed, and the history of what they told. */

import { ask, Closed, type Document, Failed, follow } from "../client/coffer.ts";
import { NewestDocument } from "./generated.ts";
import { credentials } from "./renewal.ts";
import { ADDRESS, session, signInHasEnded } from "./session.ts";
import { Store } from "./store.ts";
import { placed, type Watched } from "./watching.ts";

/** One line of the history: an event, or something about the connection. */
export type Entry = {
  readonly number: number;
  readonly subscription: string;
  readonly at: string;
} & (
  | {
      readonly type: "event";
      readonly kind: string | null;
      readonly cursor: string | null;
      readonly data: Record<string, unknown>;
    }
  | { readonly type: "note"; readonly tone: "good" | "bad"; readonly words: string }
);

export type State = "connecting" | "live" | "waiting";

/** A subscription that is being followed. */
export interface Followed {
  readonly name: string;
  readonly state: State;
  readonly cursor: string | null;
}

const LONGEST = 500;
/** How long a refusal may take to come before the subscription counts as accepted. */
const GRACE_MS = 300;
/** The server closes with this when it takes the credentials no more. */
const FORBIDDEN = 4403;

export const history = new Store<readonly Entry[]>([]);
export const followed = new Store<readonly Followed[]>([]);

const endings = new Map<string, AbortController>();
let numbers = 0;

// Whoever signs in next must not see what was told to the one before.
let signedIn = session.get();
session.watch(() => {
  const now = session.get();
  if (now?.name !== signedIn?.name || now?.kind !== signedIn?.kind) {
    stopAll();
    history.set([]);
  }
  signedIn = now;
});

/** Follow a subscription until it is stopped. Throws what the server refused it for, at once. */
export async function start(subscription: Watched): Promise<void> {
  stop(subscription.name);
  const ending = new AbortController();
  endings.set(subscription.name, ending);
  const accepted = Promise.withResolvers<void>();
  void run(subscription, ending.signal, accepted);
  await accepted.promise;
}

export function stop(name: string): void {
  endings.get(name)?.abort();
  endings.delete(name);
  followed.update((all) => all.filter((one) => one.name !== name));
}

export function stopAll(): void {
  for (const name of [...endings.keys()]) {
    stop(name);
  }
}

export function clearHistory(): void {
  history.set([]);
}

async function run(
  subscription: Watched,
  signal: AbortSignal,
  accepted: PromiseWithResolvers<void>,
): Promise<void> {
  const { name } = subscription;
  let after = subscription.after;
  let wasLive = false;
  const changed = (state: State): void => {
    if (!signal.aborted) {
      followed.update((all) => [
        ...all.filter((one) => one.name !== name),
        { name, state, cursor: after },
      ]);
    }
  };
  try {
    after ??= await newest();
    const document = subscription.query as unknown as Document<
      Record<string, unknown>,
      Record<string, unknown> & { after: string | null }
    >;
    const messages = follow(
      ADDRESS,
      document,
      { ...subscription.variables, after },
      {
        credentials,
        signal,
        cursor: (data) => placed(data).cursor,
        onState: (connection) => {
          if (signal.aborted) {
            return;
          }
          if (connection.state === "live") {
            note(name, "good", wasLive ? `Back, and going on behind ${short(after)}` : "Connected");
            wasLive = true;
            setTimeout(accepted.resolve, GRACE_MS);
          } else if (connection.state === "waiting") {
            const seconds = (connection.milliseconds / 1000).toFixed(1);
            note(name, "bad", `Lost (${connection.reason}); trying again in ${seconds} s`);
            setTimeout(accepted.resolve, GRACE_MS);
          }
          changed(connection.state);
        },
      },
    );
    for await (const message of messages) {
      const event = placed(message);
      after = event.cursor ?? after;
      add({
        type: "event",
        subscription: name,
        at: event.at ?? new Date().toISOString(),
        kind: event.kind,
        cursor: event.cursor,
        data: event.data,
      });
      changed("live");
      accepted.resolve();
    }
  } catch (error) {
    if (!signal.aborted) {
      note(
        name,
        "bad",
        error instanceof Failed || error instanceof Closed ? error.message : String(error),
      );
      stop(name);
      if (error instanceof Closed && error.code === FORBIDDEN) {
        signInHasEnded();
      }
    }
    accepted.reject(error);
  }
  accepted.resolve();
}

/** Where the caller's feed ends now: what happens from here on is to be told. */
async function newest(): Promise<string | null> {
  const { feed } = await ask(ADDRESS, await credentials(), NewestDocument, {});
  return feed?.edges[0]?.cursor ?? null;
}

export function short(cursor: string | null): string {
  return cursor === null ? "the beginning" : cursor.length > 14 ? `…${cursor.slice(-12)}` : cursor;
}

type Unnumbered = Entry extends infer One
  ? One extends Entry
    ? Omit<One, "number">
    : never
  : never;

function add(entry: Unnumbered): void {
  numbers += 1;
  const numbered = { ...entry, number: numbers } as Entry;
  history.update((all) => [numbered, ...all].slice(0, LONGEST));
}

function note(subscription: string, tone: "good" | "bad", words: string): void {
  add({ type: "note", subscription, at: new Date().toISOString(), tone, words });
}
