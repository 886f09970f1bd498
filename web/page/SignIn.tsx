/** Signing in: people by e-mail and password, partners by API key. */

import { type FormEvent, useEffect, useId, useRef, useState } from "react";

import { demo, type DemoSignIn } from "./demo.ts";
import { NotSignedIn, signInWithKey, signInWithPassword } from "./session.ts";
import { useStore } from "./store.ts";

type Way = "person" | "partner";

export function SignIn({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [way, setWay] = useState<Way>("person");
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const { signIns } = useStore(demo);
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
      way === "person"
        ? signInWithPassword(given("email"), given("password"))
        : signInWithKey(given("key").trim()),
    );
  }

  function be({ email, password, apiKey }: DemoSignIn): void {
    void attempt(() =>
      apiKey ? signInWithKey(apiKey) : signInWithPassword(email ?? "", password ?? ""),
    );
  }

  return (
    <dialog ref={dialog} className="coffer-dialog" aria-labelledby={title} onClose={onClose}>
      <h2 id={title}>Sign in to Coffer</h2>
      <p className="coffer-hint">
        One sign-in serves questions and subscriptions alike. It ends with this tab.
      </p>
      <div className="coffer-ways" role="tablist" aria-label="How to sign in">
        <Way now={way} way="person" onChoose={setWay}>
          With a password
        </Way>
        <Way now={way} way="partner" onChoose={setWay}>
          With an API key
        </Way>
      </div>
      <form onSubmit={submit}>
        {way === "person" ? (
          <>
            <p className="coffer-hint">For customers, operators and supervisors.</p>
            <label>
              E-mail
              <input name="email" type="email" autoComplete="username" required />
            </label>
            <label>
              Password
              <input name="password" type="password" autoComplete="current-password" required />
            </label>
          </>
        ) : (
          <>
            <p className="coffer-hint">For partners' systems, and the people who build them.</p>
            <label>
              API key
              <input name="key" type="password" autoComplete="off" required />
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

function Way(props: { now: Way; way: Way; onChoose: (way: Way) => void; children: string }) {
  return (
    <button
      type="button"
      role="tab"
      aria-selected={props.now === props.way}
      onClick={() => props.onChoose(props.way)}
    >
      {props.children}
    </button>
  );
}
