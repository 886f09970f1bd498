/** Operations to begin with, for each kind of caller, and variables to run them with. */

import {
  getNamedType,
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  parse,
  print,
  typeFromAST,
  Kind,
} from "graphql";

import { newKey } from "../client/coffer.ts";

export interface Example {
  readonly name: string;
  readonly title: string;
  readonly operation: OperationDefinitionNode;
  readonly query: string;
}

/** The operations of one file: what one kind of caller does. */
export interface Examples {
  readonly key: string;
  readonly title: string;
  readonly operations: readonly Example[];
}

const files = import.meta.glob<string>("../examples/*.graphql", {
  query: "?raw",
  import: "default",
  eager: true,
});

export const EXAMPLES: readonly Examples[] = Object.entries(files).map(([path, text]) => {
  const key = path.split("/").at(-1)?.replace(".graphql", "") ?? path;
  const { definitions } = parse(text);
  const operations = definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  return { key, title: worded(key.replaceAll("-", " ")), operations: operations.map(example) };
});

function example(operation: OperationDefinitionNode): Example {
  const name = operation.name?.value ?? operation.operation;
  const words = name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return { name, title: worded(words), operation, query: print(operation) };
}

function worded(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What fits a field or argument of this name better than nothing. */
const SAMPLES: Readonly<Record<string, () => unknown>> = {
  idempotencyKey: newKey,
  currency: () => "CNY",
  email: () => "somebody@example.com",
  holderName: () => "王小明",
  phone: () => "+8613800000000",
  identityNumber: () => "110101199003071233",
  game: () => "双色球",
  code: () => new Date().toISOString().slice(0, 10).replaceAll("-", ""),
  numbers: () => "03 08 15 22 29 31 + 07",
  serial: () => `A-${Math.floor(Math.random() * 1e6)}`,
  reference: () => `order-${Math.floor(Math.random() * 1e6)}`,
  reason: () => "the customer asked for it",
};

const SCALARS: Readonly<Record<string, () => unknown>> = {
  Boolean: () => true,
  DateTime: () => new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, ""),
  Float: () => 1,
  Int: () => 1,
  MoneyAmount: () => "2.00",
  WholeNumber: () => "1",
};

/** Return variables for an operation, as complete as names and types allow. */
export function variablesOf(
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  ids: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const variables: Record<string, unknown> = {};
  for (const { variable, type, defaultValue } of operation.variableDefinitions ?? []) {
    const found = typeFromAST(schema, type as never) as GraphQLInputType | undefined;
    if (found && isNonNullType(found) && !defaultValue) {
      variables[variable.name.value] = sample(variable.name.value, found, ids);
    }
  }
  return variables;
}

function sample(
  name: string,
  type: GraphQLInputType,
  ids: Readonly<Record<string, string>>,
): unknown {
  const known = ids[name] ?? SAMPLES[name]?.();
  if (known !== undefined) {
    return known;
  }
  const inner = isNonNullType(type) ? type.ofType : type;
  if (isListType(inner)) {
    return [sample(name, inner.ofType, ids)];
  }
  const kind = getNamedType(inner);
  if (isEnumType(kind)) {
    return kind.getValues()[0]?.name;
  }
  if (isInputObjectType(kind)) {
    const required = Object.values(kind.getFields()).filter(
      (field) => isNonNullType(field.type) && field.defaultValue === undefined,
    );
    return Object.fromEntries(
      required.map((field) => [field.name, sample(field.name, field.type, ids)]),
    );
  }
  return SCALARS[kind.name]?.() ?? "";
}
