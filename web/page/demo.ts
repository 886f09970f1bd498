/** Somebody to be, while developing: the server hands it out to its own machine alone. */

import type { SignInAs } from "./generated.ts";
import { Store } from "./store.ts";

export type DemoSignIn = { readonly label: string } & (
  | { readonly as: SignInAs; readonly email: string; readonly password: string }
  | { readonly apiKey: string }
);

interface Demo {
  readonly signIns: readonly DemoSignIn[];
  readonly ids: Readonly<Record<string, string>>;
}

export const demo = new Store<Demo>({ signIns: [], ids: {} });

/** Ask for the demo sign-ins, where the page says that there are any. */
export async function loadDemo(): Promise<void> {
  const link = document.querySelector<HTMLLinkElement>('link[rel="demo-sign-ins"]');
  if (link !== null) {
    const response = await fetch(link.href);
    demo.set((await response.json()) as Demo);
  }
}
