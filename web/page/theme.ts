/** Light or dark: as the system has it, until somebody chooses. */

import { Store, useStore } from "./store.ts";

export type Theme = "light" | "dark";
export type Choice = Theme | "system";

const KEPT_AS = "coffer:theme";
const darkness = matchMedia("(prefers-color-scheme: dark)");

const choice = new Store<Choice>(kept());
const system = new Store<Theme>(darkness.matches ? "dark" : "light");
darkness.addEventListener("change", () => system.set(darkness.matches ? "dark" : "light"));

function kept(): Choice {
  const found = localStorage.getItem(KEPT_AS);
  return found === "light" || found === "dark" ? found : "system";
}

export function useTheme(): { choice: Choice; theme: Theme } {
  const chosen = useStore(choice);
  const systems = useStore(system);
  return { choice: chosen, theme: chosen === "system" ? systems : chosen };
}

export function chooseTheme(chosen: Choice): void {
  localStorage.setItem(KEPT_AS, chosen);
  choice.set(chosen);
}
