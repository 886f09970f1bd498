/**
 * A front end's way to Coffer: questions over HTTP, subscriptions over WebSocket.
 *
 * Whoever follows a subscription misses nothing: when the connection is lost, `follow` opens
 * another and goes on behind the last cursor it has seen.
 */

import type { DocumentTypeDecoration } from "@graphql-typed-document-node/core";
import { createClient } from "graphql-ws";

/** An operation, with the types of its answer and of its variables. */
export type Document<Result, Variables> = DocumentTypeDecoration<Result, Variables> & {
  toString(): string;
  /** The hash of its text, as `generate.ts` adds it. */
  readonly __meta__?: { readonly hash?: string } | undefined;
};

/** How to ask. */
export interface Asking {
  /** Send the document's hash in place of its text: the server has it among its trusted ones. */
  readonly trusted?: boolean;
}

/** What is sent. */
export interface Request {
  readonly query: string;
  readonly variables?: unknown;
  readonly operationName?: string | null;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Who calls: a person with an access token, a partner with an API key, or nobody. */
export type Credentials = { readonly token: string } | { readonly apiKey: string } | null;

/** A top-level error. */
export interface Fault {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string };
}

/** What the server answers to one operation. */
export interface Answer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly Fault[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * The server refused the whole operation, or failed: nobody has signed in, the request is
 * malformed, a limit was passed, or the fault is the server's own. A refusal by the business is
 * no failure but an answer, with a type of its own.
 */
export class Failed extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map((fault) => fault.message).join("; "));
    this.name = "Failed";
    this.faults = faults;
  }

  /** Whether a fault has this code. */
  has(code: string): boolean {
    return this.faults.some((fault) => fault.extensions?.code === code);
  }
}

/** Ask over HTTP, and return the whole answer, errors included. */
export async function post<Result>(
  url: string,
  credentials: Credentials,
  request: Request,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<Result>> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      ...headers,
      ...credentialHeaders(credentials),
      accept: "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
    },
    body: JSON.stringify(request),
  });
  return (await response.json()) as Answer<Result>;
}

/** Ask over HTTP, and return the data. Throws `Failed` when there are errors. */
export async function ask<Result, Variables>(
  url: string,
  credentials: Credentials,
  document: Document<Result, Variables>,
  variables: Variables,
  asking: Asking = {},
): Promise<Result> {
  const request = { ...named(document, asking), variables };
  const answer = await post<Result>(url, credentials, request);
  if (answer.errors?.length || answer.data == null) {
    throw new Failed(answer.errors ?? [{ message: "The answer is empty" }]);
  }
  return answer.data;
}

/** A name that nobody has used, for a request that shall have its effect once. */
export function newKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A page of a list. */
export interface Connection<Node> {
  readonly edges: readonly { readonly node: Node }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

/** Read a list to its end, a page at a time. */
export async function* pages<Node>(
  page: (after: string | null) => Promise<Connection<Node>>,
): AsyncGenerator<readonly Node[], void, void> {
  for (let after: string | null = null; ;) {
    const { edges, pageInfo } = await page(after);
    yield edges.map((edge) => edge.node);
    if (!pageInfo.hasNextPage || pageInfo.endCursor == null) {
      return;
    }
    after = pageInfo.endCursor;
  }
}

/** How a subscription's connection stands. */
export type Connecting =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  | { readonly state: "waiting"; readonly milliseconds: number; readonly reason: string };

/** How to follow a subscription. */
export interface Following<Result> extends Asking {
  /** Asked for each connection, so that it may hand over a token that was just refreshed. */
  readonly credentials: () => Credentials | Promise<Credentials>;
  /** Where a message stands in the feed, when it says so. */
  readonly cursor: (data: Result) => string | null | undefined;
  /** Told whenever the connection changes. */
  readonly onState?: (state: Connecting) => void;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/**
 * Yield what a subscription tells, for ever, across lost connections.
 *
 * The operation has a variable `after`. Begin with the cursor of the last event that you have (of
 * the newest event, where you have none): then nothing is missed even if the first connection is
 * lost before the first event. What is told twice has the same id.
 *
 * Throws `Failed` when the server refuses the operation, and `Closed` when it closes the connection
 * for a reason that a new one would not cure.
 */
export async function* follow<Result, Variables extends { after?: string | null }>(
  url: string,
  document: Document<Result, Variables>,
  variables: Variables,
  { credentials, cursor, onState, signal, ...asking }: Following<Result>,
): AsyncGenerator<Result, void, void> {
  let after = variables.after ?? null;
  for (let failures = 0; !signal?.aborted; failures += 1) {
    onState?.({ state: "connecting" });
    const client = createClient({
      url: url.replace(/^http/, "ws"),
      connectionParams: async () => credentialPayload(await credentials()),
      retryAttempts: 0,
      keepAlive: PING_MS,
      on: {
        connected: () => {
          failures = 0;
          onState?.({ state: "live" });
        },
        ...silence(() => client.terminate()),
      },
    });
    const request = { ...named(document, asking), variables: { ...variables, after } };
    const messages = client.iterate<Result>(request);
    const stop = (): void => void messages.return?.();
    signal?.addEventListener("abort", stop, { once: true });
    let reason: string;
    try {
      for await (const { data, errors } of messages) {
        if (errors?.length || data == null) {
          throw new Failed((errors ?? []) as readonly Fault[]);
        }
        after = cursor(data) ?? after;
        yield data;
      }
      return;
    } catch (error) {
      reason = curable(error);
    } finally {
      signal?.removeEventListener("abort", stop);
      void client.dispose();
    }
    const milliseconds = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** failures) * (0.5 + Math.random());
    onState?.({ state: "waiting", milliseconds, reason });
    await pause(milliseconds, signal);
  }
}

/** The server closed the connection, for a reason that a new one would not cure. */
export class Closed extends Error {
  readonly code: number;

  constructor(code: number, reason: string) {
    super(reason || `The server closed the connection (${code})`);
    this.name = "Closed";
    this.code = code;
  }
}

const PING_MS = 15_000;
const PONG_MS = 5_000;
const SHORTEST_MS = 250;
const LONGEST_MS = 10_000;
/** Close codes of the protocol: what the client did wrong, or who it is not. */
const HOPELESS = { from: 4400, to: 4499 };
/** Codes of faults that pass: ask again with `after`. */
const PASSING = ["OVERFLOW", "RATE_LIMITED", "UNAVAILABLE"];

/** Return the document as it is sent: its text, or its hash. */
function named(document: Document<unknown, never>, { trusted }: Asking): Request {
  if (!trusted) {
    return { query: document.toString() };
  }
  const sha256Hash = document.__meta__?.hash;
  if (sha256Hash === undefined) {
    throw new Error("the document was generated without its hash");
  }
  return { query: "", extensions: { persistedQuery: { version: 1, sha256Hash } } };
}

function credentialHeaders(credentials: Credentials): Record<string, string> {
  if (credentials === null) {
    return {};
  }
  return "token" in credentials
    ? { authorization: `Bearer ${credentials.token}` }
    : { "x-api-key": credentials.apiKey };
}

function credentialPayload(credentials: Credentials): Record<string, unknown> {
  if (credentials === null) {
    return {};
  }
  return "token" in credentials
    ? { authorization: `Bearer ${credentials.token}` }
    : { apiKey: credentials.apiKey };
}

/** Notice a connection that is open and dead: it answers no ping. */
function silence(dead: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    ping: (received: boolean): void => {
      if (!received) {
        timer = setTimeout(dead, PONG_MS);
      }
    },
    pong: (received: boolean): void => {
      if (received) {
        clearTimeout(timer);
      }
    },
    closed: (): void => clearTimeout(timer),
  };
}

/** Return why the connection was lost; throw the error, where another one would not help. */
function curable(error: unknown): string {
  const failure = Array.isArray(error) ? new Failed(error as Fault[]) : error;
  if (failure instanceof Failed) {
    if (PASSING.some((code) => failure.has(code))) {
      return failure.message;
    }
    throw failure;
  }
  if (typeof failure === "object" && failure !== null && "code" in failure) {
    const { code, reason } = failure as { code: number; reason?: string };
    if (code >= HOPELESS.from && code < HOPELESS.to) {
      throw new Closed(code, reason ?? "");
    }
    return reason || "the connection was lost";
  }
  return "the server cannot be reached";
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
