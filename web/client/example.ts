/**
 * A front end in small: what a player's and a sales platform's program do with Coffer.
 *
 *     node example.ts URL SIGN_INS [PURCHASES [trusted]]
 *
 * SIGN_INS is a file such as the one that `make run` keeps its demo sign-ins in. The program signs
 * in, permits the platform to buy, is refused a purchase and makes another, hears of PURCHASES of
 * them (1, unless told otherwise) however often the connection is lost, and reads it all again. It
 * prints a line of JSON for each step. With the word `trusted` it names its documents by their
 * hashes alone.
 */

import { readFile } from "node:fs/promises";

import {
  ask as askServer,
  type Asking,
  type Credentials,
  Failed,
  follow,
  newKey,
  pages,
} from "./coffer.ts";
import {
  DepositDocument,
  GrantMandateDocument,
  NewestDocument,
  NodeDocument,
  NotificationsDocument,
  type NotificationsSubscription,
  PartnerDocument,
  PurchaseDocument,
  type PurchaseMutation,
  SignInDocument,
  TransactionsDocument,
  ViewerDocument,
} from "./generated.ts";

interface SignIns {
  readonly player_email: string;
  readonly player_password: string;
  readonly sales_platform_api_key: string;
  readonly draw_id: string;
}

const PAGE = 2;

const [url, file, purchases = "1", word] = process.argv.slice(2);
const asking: Asking = { trusted: word === "trusted" };
const ask: typeof askServer = (...asked) => askServer(asked[0], asked[1], asked[2], asked[3], asking);
if (!url || !file) {
  throw new Error("say the address, and the file of sign-ins");
}
await main(url, JSON.parse(await readFile(file, "utf8")) as SignIns, Number(purchases));

async function main(url: string, signIns: SignIns, purchases: number): Promise<void> {
  const platform: Credentials = { apiKey: signIns.sales_platform_api_key };
  const player = await signedIn(url, signIns.player_email, signIns.player_password);
  const accountId = await accountOf(url, player);

  await toldWrongly(url, player);
  await refusedByBusiness(url, player, accountId);
  await permit(url, player, accountId, await partnerOf(url, platform));

  // From here on nothing shall be missed: begin behind the newest event there is.
  const { feed } = await ask(url, player, NewestDocument, {});
  const heard = listen(url, player, feed?.edges[0]?.cursor ?? null, purchases);

  const buy = (amount: string) => bought(url, platform, accountId, signIns.draw_id, amount);
  say("too much", { told: outcome(await buy("50.00")) });
  say("bought", { told: outcome(await buy("2.00")) });

  const ids = await heard;
  await readAgain(url, player, accountId);
  const { node } = await ask(url, player, NodeDocument, { id: ids.at(-1) ?? "" });
  say("node", { node });
}

async function signedIn(url: string, email: string, password: string): Promise<Credentials> {
  const { signIn } = await ask(url, null, SignInDocument, { input: { email, password } });
  if (signIn?.__typename !== "SignInSuccess") {
    throw new Error(signIn?.message ?? "no answer");
  }
  say("signed in");
  return { token: signIn.token };
}

async function accountOf(url: string, player: Credentials): Promise<string> {
  const { viewer } = await ask(url, player, ViewerDocument, {});
  const account = viewer?.__typename === "Customer" ? viewer.accounts[0] : undefined;
  if (!account) {
    throw new Error("the player has no account");
  }
  say("account", { number: account.number, available: account.available?.formatted });
  return account.id;
}

async function partnerOf(url: string, platform: Credentials): Promise<string> {
  const { viewer } = await ask(url, platform, PartnerDocument, {});
  if (viewer?.__typename !== "Partner") {
    throw new Error("the API key is no partner's");
  }
  return viewer.id;
}

/** What is malformed is no answer: it is thrown, with a code that never changes. */
async function toldWrongly(url: string, player: Credentials): Promise<void> {
  try {
    await ask(url, player, NodeDocument, { id: "no id of anything" });
  } catch (error) {
    if (!(error instanceof Failed && error.has("BAD_USER_INPUT"))) {
      throw error;
    }
    say("malformed", { told: error.message });
  }
}

/** What the business refuses is an answer, of a type that says what a front end needs. */
async function refusedByBusiness(
  url: string,
  player: Credentials,
  accountId: string,
): Promise<void> {
  const { deposit } = await ask(url, player, DepositDocument, {
    input: {
      idempotencyKey: newKey(),
      accountId,
      amount: { amount: "1.00", currency: "USD" },
    },
  });
  if (deposit === null) {
    throw new Error("no answer");
  }
  switch (deposit.__typename) {
    case "DepositSuccess":
      throw new Error("the account took another currency");
    case "BankRefused":
      throw new Error(deposit.reason ?? deposit.message);
    default:
      say("refused", { code: deposit.code, path: deposit.path });
  }
}

async function permit(
  url: string,
  player: Credentials,
  accountId: string,
  partnerId: string,
): Promise<void> {
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  const { grantMandate } = await ask(url, player, GrantMandateDocument, {
    input: {
      idempotencyKey: newKey(),
      accountId,
      partnerId,
      limitPerPurchase: { amount: "5.00", currency: "CNY" },
      limitPerDay: { amount: "100.00", currency: "CNY" },
      expiresAt: inAnHour,
    },
  });
  if (grantMandate?.__typename !== "GrantMandateSuccess") {
    throw new Error(grantMandate?.message ?? "no answer");
  }
  say("permitted");
}

async function bought(
  url: string,
  platform: Credentials,
  accountId: string,
  drawId: string,
  amount: string,
): Promise<NonNullable<PurchaseMutation["purchase"]>> {
  const money = { amount, currency: "CNY" };
  const { purchase } = await ask(url, platform, PurchaseDocument, {
    input: {
      idempotencyKey: newKey(),
      accountId,
      reference: newKey(),
      amount: money,
      tickets: [{ drawId, numbers: "03 08 15 22 29 31 + 07", stake: money }],
    },
  });
  if (purchase === null) {
    throw new Error("no answer");
  }
  return purchase;
}

/** The compiler holds this to every member of the union that the operation asks about. */
function outcome(purchase: NonNullable<PurchaseMutation["purchase"]>): string {
  switch (purchase.__typename) {
    case "PurchaseSuccess":
      return `${purchase.transaction.state} ${purchase.transaction.amount.formatted}`;
    case "MandateLimitExceeded":
      return `${purchase.code}: ${purchase.allowed.formatted} at the most`;
    case "OrderReferenceUsed":
      return `${purchase.code}: see ${purchase.purchase?.id ?? "nothing"}`;
    default:
      return `${purchase.code}: ${purchase.message}`;
  }
}

/** Return the transactions of so many purchases, as they are told. */
async function listen(
  url: string,
  player: Credentials,
  after: string | null,
  purchases: number,
): Promise<string[]> {
  const ids = new Map<string, string>();
  const events = follow(
    url,
    NotificationsDocument,
    { after },
    {
      credentials: () => player,
      cursor: ({ notifications }: NotificationsSubscription) => notifications.cursor,
      onState: (connection) => say("connection", { state: connection.state }),
      ...asking,
    },
  );
  for await (const { notifications: event } of events) {
    if (event.__typename === "FeedGap") {
      throw new Error("events are missing");
    }
    say("event", { kind: event.kind, cursor: event.cursor });
    if (event.__typename === "TransactionEvent" && event.kind === "PURCHASE") {
      // What is told twice has the same id.
      ids.set(event.id, event.transaction.id);
    }
    if (ids.size >= purchases) {
      break;
    }
  }
  return [...ids.values()];
}

async function readAgain(url: string, player: Credentials, accountId: string): Promise<void> {
  const numbers: number[] = [];
  const list = pages(async (after) => {
    const variables = { accountId, first: PAGE, after };
    const { account } = await ask(url, player, TransactionsDocument, variables);
    if (!account) {
      throw new Error("the account is gone");
    }
    return account.transactions;
  });
  let count = 0;
  for await (const page of list) {
    count += 1;
    numbers.push(...page.map((transaction) => transaction.number));
  }
  say("pages", { count, numbers });
}

function say(step: string, told: object = {}): void {
  process.stdout.write(`${JSON.stringify({ step, ...told })}\n`);
}
