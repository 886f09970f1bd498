/** The page that operators work in: GraphiQL, with who one is above it and the history below. */

import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from "@graphiql/plugin-doc-explorer";
import { HISTORY_PLUGIN, HistoryStore } from "@graphiql/plugin-history";
import { GraphiQLProvider } from "@graphiql/react";
import { GraphiQL, GraphiQLInterface } from "graphiql";

import { Bar } from "./Bar.tsx";
import { EditorColours } from "./EditorColours.tsx";
import { History } from "./History.tsx";
import { fetcher } from "./fetcher.ts";
import { useTheme } from "./theme.ts";

const PLUGINS = [DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN];

const WELCOME = `# Welcome to Coffer.
#
# Sign in above, then choose an example: it opens in a tab of its own, filled in as far as
# that goes. Ctrl-Enter runs what stands here; Ctrl-Space completes it; the book on the left
# explains every type. Subscriptions go on while you do other things: what they tell is
# listed on the lower right.

query WhoAmI {
  viewer {
    __typename
  }
}
`;

export function Page() {
  const { theme } = useTheme();
  return (
    <GraphiQLProvider
      fetcher={fetcher}
      plugins={PLUGINS}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      defaultQuery={WELCOME}
      inputValueDeprecation
      schemaDescription
      // What stands in tabs and in the history of queries may be secret: it ends with the tab.
      storage={sessionStorage}
    >
      <EditorColours />
      <HistoryStore>
        <DocExplorerStore>
          <div className="coffer" data-theme={theme}>
            <Bar />
            <main className="coffer-work">
              <GraphiQLInterface
                forcedTheme={theme}
                showPersistHeadersSettings={false}
                defaultEditorToolsVisibility="variables"
              >
                <GraphiQL.Logo>{null}</GraphiQL.Logo>
                <GraphiQL.Footer>
                  <History />
                </GraphiQL.Footer>
              </GraphiQLInterface>
            </main>
          </div>
        </DocExplorerStore>
      </HistoryStore>
    </GraphiQLProvider>
  );
}
