/**
 * Unpack the browser that the page is tested with: `node browser.ts DIRECTORY`.
 *
 * The package carries a headless Chromium, and the libraries that a bare machine lacks.
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir></fontconfig>
`;

const [directory] = process.argv.slice(2);
if (!directory) {
  throw new Error("say where to unpack it");
}
// The package unpacks where temporary files go.
process.env["TMPDIR"] = directory;
const { default: chromium, inflate } = await import("@sparticuz/chromium");
await chromium.executablePath();
const libraries = new URL("../bin/al2023.tar.br", import.meta.resolve("@sparticuz/chromium"));
await inflate(fileURLToPath(libraries));
// Its own configuration looks for fonts where they are not.
await writeFile(join(directory, "fonts", "fonts.conf"), FONTS);
