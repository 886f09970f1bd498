/** Generate types for the operations of this directory: `node generate.ts` writes generated.ts. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { codegen } from "@graphql-codegen/core";
import * as typedDocuments from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { buildSchema, parse } from "graphql";

const here = import.meta.dirname;
const schema = buildSchema(await readFile(join(here, "..", "..", "schema.graphql"), "utf8"));
const document = parse(await readFile(join(here, "operations.graphql"), "utf8"));

const generated = await codegen({
  filename: "generated.ts",
  schema: parse("type Query { unused: Int }"),
  schemaAst: schema,
  documents: [{ location: "operations.graphql", document }],
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
await writeFile(join(here, "generated.ts"), `// Generated from schema.graphql.\n\n${generated}`);
