/** What subscriptions told, newest first, and how their connections stand. */

import { useGraphiQL } from "@graphiql/react";
import { useState } from "react";

import { useStore } from "./store.ts";
import {
  clearHistory,
  type Entry,
  followed,
  history,
  short,
  type State,
  stop,
} from "./subscriptions.ts";

const WORDS: Record<State, string> = {
  connecting: "connecting…",
  live: "live",
  waiting: "lost, trying again…",
};

/** What stands in the place of the answer, until there is one. */
function NoAnswer() {
  const { tabs, activeTabIndex, isFetching } = useGraphiQL((state) => ({
    tabs: state.tabs,
    activeTabIndex: state.activeTabIndex,
    isFetching: state.isFetching,
  }));
  if (isFetching || tabs[activeTabIndex]?.response) {
    return null;
  }
  return (
    <p className="coffer-no-answer">
      The answer comes here. <kbd>Ctrl</kbd> <kbd>Enter</kbd> asks.
    </p>
  );
}

export function History() {
  const entries = useStore(history);
  const following = useStore(followed);
  const [open, setOpen] = useState(true);
  const events = entries.filter((entry) => entry.type === "event").length;
  return (
    <>
      <NoAnswer />
      <section className="coffer-history" aria-label="Events" data-open={open}>
        <header>
          <button
            type="button"
            className="coffer-fold"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            Events <span className="coffer-count">{events}</span>
          </button>
          <div className="coffer-following" aria-live="polite">
            {following.length === 0 && <span className="coffer-state idle">not connected</span>}
            {following.map((one) => (
              <span key={one.name} className={`coffer-state ${one.state}`}>
                {one.name}: {WORDS[one.state]}
                <button
                  type="button"
                  title={`Stop ${one.name}`}
                  aria-label={`Stop ${one.name}`}
                  onClick={() => stop(one.name)}
                >
                  ×
                </button>
              </span>
            ))}
          </div>
          {entries.length > 0 && (
            <button type="button" className="coffer-button small" onClick={clearHistory}>
              Clear
            </button>
          )}
        </header>
        {open && (
          <ol className="coffer-entries">
            {entries.length === 0 && (
              <li className="coffer-empty">
                <strong>Nothing has been told yet.</strong>
                Run a subscription, such as Notifications among the examples. Each event is listed
                here with its time and cursor; after a lost connection it goes on where it stopped.
              </li>
            )}
            {entries.map((entry) => (
              <li key={entry.number} className={`coffer-entry ${entry.type}`}>
                <Line entry={entry} />
              </li>
            ))}
          </ol>
        )}
      </section>
    </>
  );
}

function Line({ entry }: { entry: Entry }) {
  const time = (
    <time dateTime={entry.at} title={entry.at}>
      {new Date(entry.at).toLocaleTimeString(undefined, { hourCycle: "h23" })}
    </time>
  );
  if (entry.type === "note") {
    return (
      <p className={entry.tone}>
        {time}
        <span>
          {entry.subscription}: {entry.words}
        </span>
      </p>
    );
  }
  return (
    <details>
      <summary>
        {time}
        <span className="coffer-event">{entry.kind ?? "GAP"}</span>
        <span className="coffer-gist">{gist(entry.data)}</span>
        <code title={entry.cursor ?? ""}>{short(entry.cursor)}</code>
      </summary>
      <pre>{JSON.stringify(entry.data, null, 2)}</pre>
    </details>
  );
}

/** The first amount that an event tells, for the eye. */
function gist(data: unknown): string {
  if (typeof data !== "object" || data === null) {
    return "";
  }
  if ("formatted" in data && typeof data.formatted === "string") {
    return data.formatted;
  }
  return Object.values(data).map(gist).find(Boolean) ?? "";
}
