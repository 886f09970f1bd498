/**
 * Who has signed in. Kept in the tab's session storage and nowhere else: it ends with the tab, and
 * other tabs have their own.
 */

import { ask, type Credentials, type Document, Failed, post } from "../client/coffer.ts";
import { Store } from "./store.ts";

export const ADDRESS = new URL("/graphql", location.href).href;

/** Somebody who has signed in. */
export interface SignedIn {
  readonly credentials: NonNullable<Credentials>;
  /** Until when the access token is good, for those who have one. */
  readonly expiresAt: string | null;
  /** The file of examples that are theirs. */
  readonly examples: string;
  readonly kind: string;
  readonly name: string;
  /** Ids that examples can be filled in with, by the name of the argument. */
  readonly ids: Readonly<Record<string, string>>;
}

/** Says why somebody could not sign in, in words for them. */
export class NotSignedIn extends Error {}

const KEPT_AS = "coffer:signed-in";

export const session = new Store<SignedIn | null>(kept());
session.watch(() => {
  const signedIn = session.get();
  if (signedIn === null) {
    sessionStorage.removeItem(KEPT_AS);
  } else {
    sessionStorage.setItem(KEPT_AS, JSON.stringify(signedIn));
  }
});

function kept(): SignedIn | null {
  const found = sessionStorage.getItem(KEPT_AS);
  return found === null ? null : (JSON.parse(found) as SignedIn);
}

const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    ... on SignInSuccess { token expiresAt }
    ... on Refusal { message }
  }
}` as unknown as Document<
  { signIn: { token?: string; expiresAt?: string; message?: string } | null },
  { input: { email: string; password: string } }
>;

const SIGN_OUT = "mutation SignOut { signOut { __typename } }";

const WHO = `query Who {
  viewer {
    __typename
    ... on Customer { email accounts { id } }
    ... on Partner { name kind }
    ... on StaffMember { name staffKind }
  }
  draws(first: 1, state: OPEN) { edges { node { id } } }
  partners(first: 1, kind: SALES_PLATFORM) { edges { node { id } } }
}`;

interface Who {
  viewer:
    | { __typename: "Customer"; email: string; accounts: { id: string }[] }
    | { __typename: "Partner"; name: string; kind: string }
    | { __typename: "StaffMember"; name: string; staffKind: string }
    | null;
  draws: { edges: { node: { id: string } }[] } | null;
  partners: { edges: { node: { id: string } }[] } | null;
}

/** Sign a person in. Throws `NotSignedIn`. */
export async function signInWithPassword(email: string, password: string): Promise<void> {
  const input = { email, password };
  let answer;
  try {
    answer = (await ask(ADDRESS, null, SIGN_IN, { input })).signIn;
  } catch (error) {
    throw new NotSignedIn(wordsOf(error));
  }
  if (!answer?.token) {
    throw new NotSignedIn(answer?.message ?? "The server gave no answer");
  }
  await enter({ token: answer.token }, answer.expiresAt ?? null);
}

/** Sign a partner's system in. Throws `NotSignedIn`. */
export async function signInWithKey(apiKey: string): Promise<void> {
  await enter({ apiKey }, null);
}

/** End the session, at the server too. */
export async function signOut(): Promise<void> {
  const signedIn = session.get();
  session.set(null);
  if (signedIn !== null && "token" in signedIn.credentials) {
    await post(ADDRESS, signedIn.credentials, { query: SIGN_OUT });
  }
}

export function credentials(): Credentials {
  return session.get()?.credentials ?? null;
}

async function enter(
  credentials: NonNullable<Credentials>,
  expiresAt: string | null,
): Promise<void> {
  let answer;
  try {
    answer = await post<Who>(ADDRESS, credentials, { query: WHO });
  } catch (error) {
    throw new NotSignedIn(wordsOf(error));
  }
  const viewer = answer.data?.viewer;
  if (!viewer) {
    throw new NotSignedIn(answer.errors?.[0]?.message ?? "Nobody is known by this");
  }
  const drawId = answer.data?.draws?.edges[0]?.node.id;
  const partnerId = answer.data?.partners?.edges[0]?.node.id;
  const accountId = viewer.__typename === "Customer" ? viewer.accounts[0]?.id : undefined;
  session.set({
    credentials,
    expiresAt,
    ...shown(viewer),
    ids: {
      ...(drawId && { drawId }),
      ...(partnerId && { partnerId }),
      ...(accountId && { accountId }),
    },
  });
}

function shown(viewer: NonNullable<Who["viewer"]>) {
  if (viewer.__typename === "Customer") {
    return { examples: "player", kind: "Customer", name: viewer.email };
  }
  const kind = viewer.__typename === "Partner" ? viewer.kind : viewer.staffKind;
  const examples = kind.toLowerCase().replaceAll("_", "-");
  return { examples, kind: titled(kind), name: viewer.name };
}

function titled(constant: string): string {
  const words = constant.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function wordsOf(error: unknown): string {
  return error instanceof Failed ? error.message : "The server cannot be reached";
}
