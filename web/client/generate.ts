/**
 * Generate types from schema.graphql: `node generate.ts` writes a generated.ts beside each
 * operations.graphql, the example's and the page's.
 */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { codegen } from "@graphql-codegen/core";
import * as typedDocuments from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { buildSchema, parse } from "graphql";

const web = join(import.meta.dirname, "..");
const schema = buildSchema(await readFile(join(web, "..", "schema.graphql"), "utf8"));

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
    },
    plugins: [{ operations: {} }, { typedDocuments: {} }],
    pluginMap: { operations, typedDocuments },
  });
  const heading = "// Generated from schema.graphql.\n\n";
  await writeFile(join(web, directory, "generated.ts"), heading + generated);
}
