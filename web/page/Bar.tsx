/** The bar on top: whose page this is, examples, who has signed in, light and dark. */

import { useEffect, useState } from "react";

import mark from "./mark.svg";
import { ExampleMenu } from "./ExampleMenu.tsx";
import { signOut } from "./renewal.ts";
import { notice, session } from "./session.ts";
import { SignIn } from "./SignIn.tsx";
import { useStore } from "./store.ts";
import { type Choice, chooseTheme, useTheme } from "./theme.ts";

export function Bar() {
  return (
    <header className="coffer-bar">
      <a className="coffer-name" href="/graphql">
        <img src={mark} alt="" width="26" height="26" />
        <span>Coffer</span>
      </a>
      <ExampleMenu />
      <span className="coffer-space" />
      <Who />
      <Themes />
    </header>
  );
}

function Who() {
  const signedIn = useStore(session);
  const said = useStore(notice);
  const [asking, setAsking] = useState(signedIn === null);
  useEffect(() => {
    if (signedIn !== null) {
      setAsking(false);
    } else if (said !== null) {
      setAsking(true);
    }
  }, [signedIn, said]);
  return (
    <>
      {signedIn === null ? (
        <button type="button" className="coffer-button strong" onClick={() => setAsking(true)}>
          Sign in
        </button>
      ) : (
        <div className="coffer-who" aria-label="Signed in">
          <span className="coffer-kind">{signedIn.kind}</span>
          <span className="coffer-person" title={signedIn.name}>
            {signedIn.name}
          </span>
          <button type="button" className="coffer-button" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      )}
      {asking && signedIn === null && <SignIn onClose={() => setAsking(false)} />}
    </>
  );
}

const NEXT: Record<Choice, Choice> = { system: "light", light: "dark", dark: "system" };
const SHOWN: Record<Choice, { icon: string; label: string }> = {
  system: { icon: "◐", label: "As the system" },
  light: { icon: "☀", label: "Light" },
  dark: { icon: "☾", label: "Dark" },
};

function Themes() {
  const { choice } = useTheme();
  const { icon, label } = SHOWN[choice];
  const words = `Colours: ${label.toLowerCase()}. Switch to ${SHOWN[NEXT[choice]].label.toLowerCase()}`;
  return (
    <button
      type="button"
      className="coffer-button round"
      title={words}
      aria-label={words}
      onClick={() => chooseTheme(NEXT[choice])}
    >
      <span aria-hidden="true">{icon}</span>
    </button>
  );
}
