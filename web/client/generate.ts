/**
 * Generate types from schema.graphql: `node generate.ts` writes a generated.ts beside each
 * operations.graphql, the example's and the page's.
 *
 * Each document is generated as `python -m app trust-documents` prints it, with its hash beside it.
 */

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { codegen } from "@graphql-codegen/core";
import * as typedDocuments from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { buildSchema, type DocumentNode, parse, print } from "graphql";

const web = join(import.meta.dirname, "..");
const schema = buildSchema(await readFile(join(web, "..", "schema.graphql"), "utf8"));

/** Texts by their hashes. */
const texts = new Map<string, string>();

/** The operation, and the fragments that it needs by name. */
function trusted({ definitions }: DocumentNode): { hash: string } {
  const name = (at: number) => {
    const definition = definitions[at];
    return definition?.kind === "FragmentDefinition" ? definition.name.value : "";
  };
  const order = [...definitions.keys()].sort((a, b) => (name(a) < name(b) ? -1 : 1));
  const text = order.map((at) => print(definitions[at]!)).join("\n\n");
  const hash = createHash("sha256").update(text).digest("hex");
  texts.set(hash, text);
  return { hash };
}

for (const directory of ["client", "page"]) {
  const path = join(web, directory, "operations.graphql");
  const generated = await codegen({
    filename: "generated.ts",
    schema: parse("type Query { unused: Int }"),
    schemaAst: schema,
    documents: [{ location: path, document: parse(await readFile(path, "utf8")) }],
    config: {
      // Every scalar of the schema travels as a string; one that is not named here is an error.
      scalars: { DateTime: "string", ID: "string", MoneyAmount: "string", WholeNumber: "string" },
      strictScalars: true,
      defaultScalarType: "never",
      enumType: "string-literal",
      avoidOptionals: { field: true },
      immutableTypes: true,
      useTypeImports: true,
      skipTypename: true,
      documentMode: "string",
      unstable_onExecutableDocumentNode: trusted,
    },
    plugins: [{ operations: {} }, { typedDocuments: {} }],
    pluginMap: { operations, typedDocuments },
  });
  const exact = generated.replace(
    /TypedDocumentString\(`[^`]*`, (\{"hash":"(\w+)"\})/g,
    (_, meta: string, hash: string) =>
      `TypedDocumentString(${JSON.stringify(texts.get(hash))}, ${meta}`,
  );
  const heading = "// Generated from schema.graphql.\n\n";
  await writeFile(join(web, directory, "generated.ts"), heading + exact);
}
