/**
 * Who has signed in. Kept in the tab's session storage and nowhere else: it ends with the tab, and
 * other tabs have their own.
 */

import { ask, type Credentials, Failed, newKey } from "../client/coffer.ts";
import { type SignInAs, SignInDocument, WhoDocument, type WhoQuery } from "./generated.ts";
import { Store } from "./store.ts";

export const ADDRESS = new URL("/graphql", location.href).href;

/** What the next access token is had with, once, and until when the present one is good. */
export interface Renewal {
  readonly refreshToken: string;
  readonly expiresAt: string;
}

/** Somebody who has signed in. */
export interface SignedIn {
  readonly credentials: NonNullable<Credentials>;
  /** How the access token is renewed, for those who have one. */
  readonly renewal: Renewal | null;
  /** Tells this sign-in from all others. */
  readonly key: string;
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

/** What is to be said to whoever is asked to sign in. */
export const notice = new Store<string | null>(null);

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

/** Sign a person in. Throws `NotSignedIn`. */
export async function signInWithPassword(
  as: SignInAs,
  email: string,
  password: string,
): Promise<void> {
  const input = { as, email, password };
  const { signIn } = await told(ask(ADDRESS, null, SignInDocument, { input }));
  if (signIn?.__typename !== "SignInSuccess") {
    throw new NotSignedIn(signIn?.message ?? "The server gave no answer");
  }
  const { token, expiresAt, refreshToken } = signIn;
  await enter({ token }, { expiresAt, refreshToken });
}

/** Sign a partner's system in. Throws `NotSignedIn`. */
export async function signInWithKey(apiKey: string): Promise<void> {
  await enter({ apiKey }, null);
}

/** Nobody is signed in any more, and is told why. */
export function signInHasEnded(why = "Your sign-in has ended. Sign in again to go on."): void {
  if (session.get() !== null) {
    session.set(null);
    notice.set(why);
  }
}

async function enter(
  credentials: NonNullable<Credentials>,
  renewal: Renewal | null,
): Promise<void> {
  const { viewer, draws, partners } = await told(ask(ADDRESS, credentials, WhoDocument, {}));
  if (viewer === null) {
    throw new NotSignedIn("Nobody is known by this");
  }
  const ids = {
    drawId: draws?.edges[0]?.node.id,
    partnerId: partners?.edges[0]?.node.id,
    accountId: viewer.__typename === "Customer" ? viewer.accounts[0]?.id : undefined,
  };
  notice.set(null);
  session.set({
    key: newKey(),
    credentials,
    renewal,
    ...shown(viewer),
    ids: known(ids),
  });
}

function known(ids: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ids).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function shown(viewer: NonNullable<WhoQuery["viewer"]>) {
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

/** Put why there is no answer into words for whoever wants to sign in. */
async function told<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw new NotSignedIn(error instanceof Failed ? error.message : "The server cannot be reached");
  }
}
