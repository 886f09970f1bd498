/**
 * What the page adds to a subscription before it sends it: the argument `after`, so that it can go
 * on where it stopped, and the place and time of each event, which the history shows.
 */

import {
  type FieldNode,
  type InlineFragmentNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
  type SelectionNode,
  valueFromASTUntyped,
  visit,
} from "graphql";

const AFTER = "after";
const PLACE = { cursor: "cofferCursor", at: "cofferAt", kind: "cofferKind" } as const;

/** A subscription, ready to be followed. */
export interface Watched {
  readonly name: string;
  readonly query: string;
  readonly variables: Record<string, unknown>;
  /** Where the operation itself asks to begin. */
  readonly after: string | null;
}

/** An event's place in the feed, and what the operation asked of it. */
export interface Placed {
  readonly cursor: string | null;
  readonly at: string | null;
  readonly kind: string | null;
  readonly data: Record<string, unknown>;
}

/** Whether a document has an operation of this name. Throws nothing: the server judges documents. */
export function isNamed(query: string, name: string | null | undefined): boolean {
  return operationsOf(query).some((operation) => operation.name?.value === name);
}

function operationsOf(query: string): OperationDefinitionNode[] {
  try {
    return parse(query).definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  } catch {
    return [];
  }
}

/** Prepare the subscription of a document; null where something else would run. */
export function watched(
  query: string,
  operationName: string | null | undefined,
  variables: Record<string, unknown>,
): Watched | null {
  const operation = operationsOf(query).find(
    (one) => !operationName || one.name?.value === operationName,
  );
  const root = operation && rootOf(operation);
  if (operation?.operation !== OperationTypeNode.SUBSCRIPTION || !root) {
    return null;
  }
  const given = root.arguments?.find((argument) => argument.name.value === AFTER);
  const after = given && valueFromASTUntyped(given.value, variables);
  const name = operation.name?.value;
  const prepared = visit(parse(query), {
    OperationDefinition: (node) => (node.name?.value === name ? withAfter(node) : null),
  });
  return {
    name: name ?? root.name.value,
    query: print(prepared),
    variables,
    after: typeof after === "string" ? after : null,
  };
}

/** Take the place out of what arrived; the operation's author did not ask for it. */
export function placed(data: Record<string, unknown>): Placed {
  const [[field, message] = ["", null]] = Object.entries(data);
  const told = { ...(message as Record<string, unknown> | null) };
  const place: Record<string, string | null> = {};
  for (const [name, alias] of Object.entries(PLACE)) {
    place[name] = typeof told[alias] === "string" ? told[alias] : null;
    delete told[alias];
  }
  return {
    cursor: place["cursor"] ?? null,
    at: place["at"] ?? null,
    kind: place["kind"] ?? null,
    data: { [field]: told },
  };
}

function rootOf(operation: OperationDefinitionNode): FieldNode | undefined {
  return operation.selectionSet.selections.find((one) => one.kind === Kind.FIELD);
}

function withAfter(operation: OperationDefinitionNode): OperationDefinitionNode {
  const root = rootOf(operation);
  if (!root) {
    return operation;
  }
  const variable = { kind: Kind.VARIABLE, name: named(AFTER) } as const;
  const field: FieldNode = {
    ...root,
    arguments: [
      ...(root.arguments ?? []).filter((argument) => argument.name.value !== AFTER),
      { kind: Kind.ARGUMENT, name: named(AFTER), value: variable },
    ],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [
        ...(root.selectionSet?.selections ?? []),
        onType("FeedEvent", PLACE),
        onType("FeedGap", { cursor: PLACE.cursor }),
      ],
    },
  };
  return {
    ...operation,
    variableDefinitions: [
      ...(operation.variableDefinitions ?? []).filter(
        (definition) => definition.variable.name.value !== AFTER,
      ),
      {
        kind: Kind.VARIABLE_DEFINITION,
        variable,
        type: { kind: Kind.NAMED_TYPE, name: named("String") },
      },
    ],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: operation.selectionSet.selections.map((one) => (one === root ? field : one)),
    },
  };
}

function onType(type: string, fields: Record<string, string>): InlineFragmentNode {
  const selections: SelectionNode[] = Object.entries(fields).map(([name, alias]) => ({
    kind: Kind.FIELD,
    name: named(name),
    alias: named(alias),
  }));
  return {
    kind: Kind.INLINE_FRAGMENT,
    typeCondition: { kind: Kind.NAMED_TYPE, name: named(type) },
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
}

function named(value: string) {
  return { kind: Kind.NAME, value } as const;
}
