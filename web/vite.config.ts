import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const BUILT = join(import.meta.dirname, "dist");

/** Lay a compressed copy beside each file, for the server to hand out as it is. */
function compressed(): Plugin {
  return {
    name: "compressed",
    async closeBundle() {
      const assets = join(BUILT, "assets");
      const names = (await readdir(assets)).filter((name) => !name.endsWith(".gz"));
      await Promise.all(
        names.map(async (name) => {
          const content = await readFile(join(assets, name));
          await writeFile(join(assets, `${name}.gz`), await promisify(gzip)(content));
        }),
      );
    },
  };
}

export default defineConfig({
  root: join(import.meta.dirname, "page"),
  base: "/graphql/",
  plugins: [react(), compressed()],
  worker: { format: "es" },
  build: {
    outDir: BUILT,
    emptyOutDir: true,
    // Monaco is one large part of the page, and a licence notice has no place in a warning.
    chunkSizeWarningLimit: 10_000,
    // A file inlined as data: would need a wider content security policy.
    assetsInlineLimit: 0,
    // "use no memo" in GraphiQL's parts speaks to a compiler that does not run here.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  logLevel: "warn",
});
