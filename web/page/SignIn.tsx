/** Signing in: people by e-mail and password, each kind by its own door; partners by API key. */

import { type FormEvent, useEffect, useId, useRef, useState } from "react";

import { demo, type DemoSignIn } from "./demo.ts";
import type { SignInAs } from "./generated.ts";
import { notice, NotSignedIn, signInWithKey, signInWithPassword } from "./session.ts";
import { useStore } from "./store.ts";

type Way = SignInAs | "PARTNER";

const WAYS: readonly { way: Way; title: string; hint: string }[] = [
  { way: "CUSTOMER", title: "Customer", hint: "With the e-mail address you signed up with." },
  { way: "OPERATOR", title: "Operator", hint: "For the people who run the house." },
  { way: "SUPERVISOR", title: "Supervisor", hint: "For those who look after the house." },
  { way: "PARTNER", title: "Partner", hint: "For partners' systems, with one of their API keys." },
];

export function SignIn({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [way, setWay] = useState<Way>("CUSTOMER");
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const { signIns } = useStore(demo);
  const said = useStore(notice);
  const title = useId();

  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => dialog.current?.querySelector("input")?.focus(), [way]);

  async function attempt(enter: () => Promise<void>): Promise<void> {
    setBusy(true);
    setRefused(null);
    try {
      await enter();
    } catch (error) {
      if (!(error instanceof NotSignedIn)) {
        throw error;
      }
      setRefused(error.message);
    } finally {
      setBusy(false);
    }
  }

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const given = (name: string): string => String(form.get(name) ?? "");
    void attempt(() =>
      way === "PARTNER"
        ? signInWithKey(given("key").trim())
        : signInWithPassword(way, given("email"), given("password")),
    );
  }

  function be(one: DemoSignIn): void {
    void attempt(() =>
      "apiKey" in one
        ? signInWithKey(one.apiKey)
        : signInWithPassword(one.as, one.email, one.password),
    );
  }

  return (
    <dialog ref={dialog} className="coffer-dialog" aria-labelledby={title} onClose={onClose}>
      <h2 id={title}>Sign in to Coffer</h2>
      {said !== null && <p className="coffer-notice">{said}</p>}
      <p className="coffer-hint">
        One sign-in serves questions and subscriptions alike. It ends with this tab.
      </p>
      <div className="coffer-ways" role="tablist" aria-label="As what to sign in">
        {WAYS.map((one) => (
          <button
            type="button"
            role="tab"
            key={one.way}
            aria-selected={one.way === way}
            onClick={() => setWay(one.way)}
          >
            {one.title}
          </button>
        ))}
      </div>
      <form onSubmit={submit}>
        <p className="coffer-hint">{WAYS.find((one) => one.way === way)?.hint}</p>
        {way === "PARTNER" ? (
          <label>
            API key
            <input name="key" type="password" autoComplete="off" required />
          </label>
        ) : (
          <>
            <label>
              E-mail
              <input name="email" type="email" autoComplete="username" required />
            </label>
            <label>
              Password
              <input name="password" type="password" autoComplete="current-password" required />
            </label>
          </>
        )}
        {refused !== null && (
          <p className="coffer-refused" role="alert">
            {refused}
          </p>
        )}
        <div className="coffer-actions">
          <button type="button" className="coffer-button" onClick={() => dialog.current?.close()}>
            Look around first
          </button>
          <button type="submit" className="coffer-button strong" disabled={busy}>
            {busy ? "Signing in…" : "Sign in"}
          </button>
        </div>
      </form>
      {signIns.length > 0 && (
        <section className="coffer-demo" aria-label="Demo sign-ins">
          <h3>Demo, on this machine</h3>
          <div>
            {signIns.map((one) => (
              <button
                type="button"
                key={one.label}
                className="coffer-button"
                disabled={busy}
                onClick={() => be(one)}
              >
                {one.label}
              </button>
            ))}
          </div>
        </section>
      )}
    </dialog>
  );
}
