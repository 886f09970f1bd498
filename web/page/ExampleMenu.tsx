/** The menu of example operations, those of whoever has signed in first. */

import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useRef } from "react";

import { demo } from "./demo.ts";
import { type Example, EXAMPLES, variablesOf } from "./examples.ts";
import { session } from "./session.ts";
import { useStore } from "./store.ts";

const SIGNS = { query: "?", mutation: "!", subscription: "∿" } as const;

export function ExampleMenu() {
  const signedIn = useStore(session);
  const { ids } = useStore(demo);
  const menu = useRef<HTMLDetailsElement>(null);
  const { schema, queryEditor, variableEditor, tabs } = useGraphiQL((state) => ({
    schema: state.schema,
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
    tabs: state.tabs,
  }));
  const { addTab } = useGraphiQLActions();
  const theirs = EXAMPLES.filter((examples) => examples.key === signedIn?.examples);
  const others = EXAMPLES.filter((examples) => examples.key !== signedIn?.examples);

  useEffect(() => {
    const close = (event: Event): void => {
      if (menu.current && !menu.current.contains(event.target as Node)) {
        menu.current.open = false;
      }
    };
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, []);

  function open(example: Example): void {
    if (menu.current) {
      menu.current.open = false;
    }
    if (tabs.length > 1 || queryEditor?.getValue().trim()) {
      addTab();
    }
    queryEditor?.setValue(example.query);
    // At the end, where the editor has no word to mark.
    queryEditor?.setPosition({ lineNumber: example.query.split("\n").length, column: 2 });
    const variables = schema
      ? variablesOf(example.operation, schema, { ...ids, ...signedIn?.ids })
      : {};
    variableEditor?.setValue(
      Object.keys(variables).length > 0 ? JSON.stringify(variables, null, 2) : "",
    );
    queryEditor?.focus();
  }

  return (
    <details
      ref={menu}
      className="coffer-menu"
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.currentTarget.open = false;
        }
      }}
    >
      <summary className="coffer-button">Examples</summary>
      <div className="coffer-examples">
        <div className="coffer-columns">
          {[...theirs, ...others].map((examples) => (
            <section key={examples.key} aria-label={examples.title}>
              <h3>
                {examples.title}
                {examples.key === signedIn?.examples && <span className="coffer-kind">you</span>}
              </h3>
              {examples.operations.map((example) => (
                <button type="button" key={example.name} onClick={() => open(example)}>
                  <span className={`coffer-sign ${example.operation.operation}`} aria-hidden="true">
                    {SIGNS[example.operation.operation]}
                  </span>
                  {example.title}
                  <span className="coffer-operation">{example.operation.operation}</span>
                </button>
              ))}
            </section>
          ))}
        </div>
      </div>
    </details>
  );
}
