"""What the story asks for, in GraphQL."""

_NO = """
  __typename
  ... on Refusal {
    code message path replayed
    ... on InsufficientFunds { left: available { amount currency formatted } }
    ... on AccountBlocked { status }
    ... on MandateLimitExceeded { allowed { amount currency formatted } }
    ... on OrderReferenceUsed { purchase { id reference } }
    ... on PaidAlready { payout { id amount { amount currency formatted } } }
  }
"""
_MONEY = "amount currency formatted"
_TRANSACTION = f"""
  id number type state reference at
  amount {{ {_MONEY} }} refunded {{ {_MONEY} }} balanceAfter {{ {_MONEY} }}
"""
_TICKET = f"id numbers serial state confirmBy stake {{ {_MONEY} }}"
_DRAW = "id game code state salesCloseAt claimsCloseAt"
_MANDATE = f"""
  id expiresAt revokedAt accountId
  limitPerPurchase {{ {_MONEY} }} limitPerDay {{ {_MONEY} }} usedToday {{ {_MONEY} }}
"""
_WINNING = f"""
  id serial state paidAt prize {{ {_MONEY} }} tax {{ {_MONEY} }} net {{ {_MONEY} }}
"""
_RUN = "id state total paid refused"
_ACCOUNT = f"""
  id number currency status openedAt
  profile {{ holderName identityKind identityNumber phone isReadable }}
  balance {{ {_MONEY} }} held {{ {_MONEY} }} available {{ {_MONEY} }}
"""


def _mutation(name: str, success: str) -> str:
    kind = name[0].upper() + name[1:]
    return f"""
mutation {kind}($input: {kind}Input!) {{
  {name}(input: $input) {{ {_NO} ... on {kind}Success {{ {success} }} }}
}}
"""


SIGN_UP = _mutation("signUp", "replayed customer { id email }")
SIGN_IN = _mutation("signIn", "token expiresAt personId")
OPEN_ACCOUNT = _mutation(
    "openAccount", f"replayed account {{ {_ACCOUNT} }} available {{ {_MONEY} }}"
)
DEPOSIT = _mutation(
    "deposit",
    f"replayed deposit {{ id state }} transaction {{ {_TRANSACTION} }} available {{ {_MONEY} }}",
)
GRANT_MANDATE = _mutation("grantMandate", f"replayed mandate {{ {_MANDATE} }}")
REVOKE_MANDATE = _mutation("revokeMandate", f"replayed mandate {{ {_MANDATE} }}")
PURCHASE = _mutation(
    "purchase", f"replayed transaction {{ {_TRANSACTION} }} tickets {{ {_TICKET} }}"
)
PURCHASES = _mutation(
    "purchases",
    f"""results {{ {_NO} ... on PurchaseSuccess {{
      replayed transaction {{ {_TRANSACTION} }} tickets {{ {_TICKET} }} }} }}""",
)
CONFIRM_TICKETS = _mutation(
    "confirmTickets", f"replayed transaction {{ {_TRANSACTION} }} tickets {{ {_TICKET} }}"
)
REFUND_PURCHASE = _mutation(
    "refundPurchase",
    f"replayed transaction {{ {_TRANSACTION} }} purchase {{ {_TRANSACTION} }}",
)
FUND_PRIZE_POOL = _mutation("fundPrizePool", f"replayed balance {{ {_MONEY} }}")
OPEN_DRAW = _mutation("openDraw", f"replayed draw {{ {_DRAW} }}")
CLOSE_DRAW = _mutation("closeDraw", f"replayed draw {{ {_DRAW} }}")
UPLOAD_WINNING_TICKETS = _mutation(
    "uploadWinningTickets",
    f"replayed draw {{ {_DRAW} }} results {{ serial accepted problem }}",
)
PAYOUT = _mutation(
    "payout", f"replayed transaction {{ {_TRANSACTION} }} winningTicket {{ {_WINNING} }}"
)
CLAIM_PRIZE = _mutation(
    "claimPrize",
    f"""replayed transaction {{ {_TRANSACTION} }} winningTicket {{ {_WINNING} }}
    available {{ {_MONEY} }}""",
)
PAY_DRAW = _mutation("payDraw", f"replayed payoutRun {{ {_RUN} }}")
SET_PARAMETER = _mutation("setParameter", "parameter { name value }")
FREEZE_ACCOUNT = _mutation("freezeAccount", "replayed status")
UNFREEZE_ACCOUNT = _mutation("unfreezeAccount", "replayed status")
SET_PAYMENT_PIN = _mutation("setPaymentPin", "replayed")
STEP_UP = _mutation("stepUp", "replayed")
REQUEST_WITHDRAWAL = _mutation("requestWithdrawal", "replayed")
BIND_CARD = _mutation("bindCard", "replayed card { id lastFour }")
REPORT_LOST = _mutation("reportLost", "replayed status")
LIFT_LOST_REPORT = _mutation("liftLostReport", "replayed status")
SUSPEND_PARTNER = _mutation("suspendPartner", "replayed partner { id status }")
RESUME_PARTNER = _mutation("resumePartner", "replayed partner { id status }")

INVITE_STAFF = _mutation("inviteStaff", "oneTimeCode member { id standing }")
ACCEPT_INVITATION = _mutation("acceptInvitation", "email staffKind")
CHANGE_STAFF_ROLES = _mutation("changeStaffRoles", "member { id permissions }")
DEACTIVATE_STAFF = _mutation("deactivateStaff", "member { id standing }")

VIEWER = f"""
query Viewer {{ viewer {{
  __typename
  ... on Customer {{ id email accounts {{ {_ACCOUNT} }} }}
  ... on Partner {{ id name kind status balance {{ {_MONEY} }} }}
  ... on StaffMember {{ id name staffKind standing permissions roles {{ id name }} }}
}} }}
"""
ACCOUNT = f"query Account($id: ID!) {{ account(id: $id) {{ {_ACCOUNT} }} }}"
TRANSACTIONS = f"""
query Transactions($id: ID!, $first: Int!, $after: String, $filter: TransactionFilter) {{
  account(id: $id) {{ transactions(first: $first, after: $after, filter: $filter) {{
    edges {{ cursor node {{ {_TRANSACTION} }} }} pageInfo {{ hasNextPage endCursor }}
  }} }}
}}
"""
PURCHASES_LIST = f"""
query Purchases($id: ID!, $first: Int!, $after: String) {{
  account(id: $id) {{ purchases(first: $first, after: $after) {{
    edges {{ cursor node {{ {_TRANSACTION} tickets {{ {_TICKET} }} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }} }}
}}
"""
PAYOUTS_LIST = f"""
query Payouts($id: ID!, $first: Int!, $after: String) {{
  account(id: $id) {{ payouts(first: $first, after: $after) {{
    edges {{ cursor node {{ {_WINNING} payout {{ id }} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }} }}
}}
"""
TRANSACTION = f"""
query Transaction($id: ID!) {{ node(id: $id) {{
  ... on Transaction {{ {_TRANSACTION} tickets {{ {_TICKET} }} }}
}} }}
"""
PRIZE_POOL = (
    f"query PrizePool {{ prizePool {{ balance {{ {_MONEY} }} threshold {{ {_MONEY} }} }} }}"
)
PAYOUT_RUN = f"query PayoutRun($id: ID!) {{ payoutRun(id: $id) {{ {_RUN} }} }}"
ROLES = "query Roles { roles(first: 100) { edges { node { id name permissions } } } }"
AUDIT_LOG = """
query AuditLog($first: Int!, $after: String, $filter: AuditFilter) {
  auditLog(first: $first, after: $after, filter: $filter) {
    edges { node { principal action outcome code reason actor { id } object { id } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
PARAMETERS = "query Parameters { parameters { name value } }"
LEDGER_CHECK = "query LedgerCheck { ledgerCheck { isSound entries differenceCount } }"
LEDGER_POSITION = f"""
query LedgerPosition {{ ledgerPosition {{
  currency isBalanced atBank {{ {_MONEY} }} tax {{ {_MONEY} }}
}} }}
"""

_EVENT = f"""
  ... on FeedEvent {{
    id cursor kind at
    ... on AccountEvent {{ accountId status }}
    ... on TransactionEvent {{ transaction {{ {_TRANSACTION} }} }}
    ... on TicketsConfirmedEvent {{ transaction {{ id state }} tickets {{ {_TICKET} }} }}
    ... on PrizeEvent {{
      serial amount {{ {_MONEY} }} tax {{ {_MONEY} }} winningTicket {{ {_WINNING} }}
      transaction {{ {_TRANSACTION} }}
    }}
    ... on MandateEvent {{ mandate {{ id expiresAt revokedAt }} }}
    ... on DrawEvent {{ draw {{ {_DRAW} }} }}
    ... on DrawPaidEvent {{ payoutRun {{ {_RUN} }} }}
    ... on PoolFundedEvent {{ amount {{ {_MONEY} }} balance {{ {_MONEY} }} }}
    ... on PartnerEvent {{ partner {{ id status }} }}
    ... on ThresholdAlert {{ name balance {{ {_MONEY} }} threshold {{ {_MONEY} }} }}
  }}
"""
FEED = f"""
query Feed($first: Int!, $after: String) {{ feed(first: $first, after: $after) {{
  edges {{ cursor node {{ __typename {_EVENT} }} }}
  pageInfo {{ hasNextPage endCursor }}
  gap {{ cursor }}
}} }}
"""

NEWEST = "query Newest { feed(first: 1, newestFirst: true) { edges { cursor node { kind } } } }"


def _subscription(name: str, arguments: str = "", values: str = "") -> str:
    return f"""
subscription {name[0].upper() + name[1:]}($after: String{arguments}) {{
  {name}(after: $after{values}) {{ __typename {_EVENT} ... on FeedGap {{ cursor }} }}
}}
"""


NOTIFICATIONS = _subscription("notifications")
PRIZE_NOTIFICATIONS = _subscription("prizeNotifications")
THRESHOLD_ALERTS = _subscription("thresholdAlerts")
ACCOUNT_ACTIVITY = _subscription("accountActivity", ", $accountId: ID!", ", accountId: $accountId")
