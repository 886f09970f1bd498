/** The colours of the page, in the editors too. */

import { useMonaco } from "@graphiql/react";
import { useEffect } from "react";

const THEMES = {
  "graphiql-LIGHT": {
    base: "vs",
    accent: "#0f766e",
    surface: "#fffefb",
    rules: [
      ["keyword.gql", "0f766e"],
      ["argument.identifier.gql", "8a5a00"],
      ["string.key.json", "0b5d8a"],
      ["string.value.json", "8a3b12"],
      ["number.json", "6d28a8"],
    ],
  },
  "graphiql-DARK": {
    base: "vs-dark",
    accent: "#5ed0bd",
    surface: "#17211f",
    rules: [
      ["keyword.gql", "5ed0bd"],
      ["argument.identifier.gql", "e3bf6c"],
      ["string.key.json", "8cc8f0"],
      ["string.value.json", "e8b08c"],
      ["number.json", "c8a6f0"],
    ],
  },
} as const;

export function EditorColours() {
  const monaco = useMonaco((state) => state.monaco);
  useEffect(() => {
    for (const [name, { base, accent, surface, rules }] of Object.entries(THEMES)) {
      monaco?.editor.defineTheme(name, {
        base,
        inherit: true,
        rules: rules.map(([token, foreground]) => ({ token, foreground })),
        colors: {
          "editor.background": "#ffffff00",
          "scrollbar.shadow": "#ffffff00",
          "scrollbarSlider.background": `${accent}22`,
          "scrollbarSlider.hoverBackground": `${accent}44`,
          "scrollbarSlider.activeBackground": `${accent}66`,
          focusBorder: accent,
          "editorCursor.foreground": accent,
          "editorHoverWidget.background": surface,
          "editorSuggestWidget.background": surface,
          "editorSuggestWidget.highlightForeground": accent,
          "editorSuggestWidget.selectedBackground": `${accent}22`,
          "editorWidget.background": surface,
          "editor.selectionBackground": `${accent}33`,
          "list.highlightForeground": accent,
          "list.hoverBackground": `${accent}1a`,
          "menu.background": surface,
          "textLink.activeForeground": accent,
          "textLink.foreground": accent,
        },
      });
    }
  }, [monaco]);
  return null;
}
