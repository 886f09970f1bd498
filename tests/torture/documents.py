"""What the clients ask. Only what is kept with the answer is asked of a mutation.

So a replay can be compared with the first answer, field by field.
"""

from typing import Final

_REFUSAL = "... on Refusal { code message path replayed }"
_MOVED = (
    "id number type state amount { amount currency } refunded { amount } reference at accountId"
)
_TICKET = "id numbers stake { amount } serial state confirmBy"

_PURCHASE = f"""
    __typename {_REFUSAL}
    ... on OrderReferenceUsed {{ purchase {{ id reference }} }}
    ... on PurchaseSuccess {{
        replayed transaction {{ {_MOVED} }} tickets {{ {_TICKET} }}
    }}
"""

DEPOSIT: Final = f"""
mutation($input: DepositInput!) {{ deposit(input: $input) {{
    __typename {_REFUSAL}
    ... on DepositSuccess {{
        replayed deposit {{ id state amount {{ amount }} }} available {{ amount }}
        transaction {{ {_MOVED} balanceAfter {{ amount }} }}
    }}
}} }}
"""

PURCHASE: Final = (
    f"mutation($input: PurchaseInput!) {{ purchase(input: $input) {{ {_PURCHASE} }} }}"
)

PURCHASES: Final = f"""
mutation($input: PurchasesInput!) {{ purchases(input: $input) {{
    __typename {_REFUSAL}
    ... on PurchasesSuccess {{ results {{ {_PURCHASE} }} }}
}} }}
"""

REFUND: Final = f"""
mutation($input: RefundPurchaseInput!) {{ refundPurchase(input: $input) {{
    __typename {_REFUSAL}
    ... on RefundPurchaseSuccess {{
        replayed transaction {{ {_MOVED} }} purchase {{ {_MOVED} }}
    }}
}} }}
"""

CONFIRM: Final = f"""
mutation($input: ConfirmTicketsInput!) {{ confirmTickets(input: $input) {{
    __typename {_REFUSAL}
    ... on ConfirmTicketsSuccess {{
        replayed transaction {{ {_MOVED} }} tickets {{ {_TICKET} }}
    }}
}} }}
"""

FUND: Final = f"""
mutation($input: FundPrizePoolInput!) {{ fundPrizePool(input: $input) {{
    __typename {_REFUSAL} ... on FundPrizePoolSuccess {{ replayed state balance {{ amount }} }}
}} }}
"""

OPEN_DRAW: Final = f"""
mutation($input: OpenDrawInput!) {{ openDraw(input: $input) {{
    __typename {_REFUSAL}
    ... on OpenDrawSuccess {{ replayed draw {{ id game code state openedAt salesCloseAt }} }}
}} }}
"""

SIGN_UP: Final = f"""
mutation($input: SignUpInput!) {{ signUp(input: $input) {{
    __typename {_REFUSAL} ... on SignUpSuccess {{ customer {{ id }} }}
}} }}
"""

SIGN_IN: Final = f"""
mutation($input: SignInInput!) {{ signIn(input: $input) {{
    __typename {_REFUSAL} ... on SignInSuccess {{ token }}
}} }}
"""

OPEN_ACCOUNT: Final = f"""
mutation($input: OpenAccountInput!) {{ openAccount(input: $input) {{
    __typename {_REFUSAL} ... on OpenAccountSuccess {{ account {{ id }} }}
}} }}
"""

GRANT_MANDATE: Final = f"""
mutation($input: GrantMandateInput!) {{ grantMandate(input: $input) {{
    __typename {_REFUSAL} ... on GrantMandateSuccess {{ mandate {{ id }} }}
}} }}
"""

_EVENT = """
    __typename
    ... on FeedEvent { id cursor kind at }
    ... on TransactionEvent { transaction { id number type state reference amount { amount } } }
    ... on TicketsConfirmedEvent { transaction { id state } tickets { id serial state } }
    ... on MandateEvent { mandate { id } }
    ... on DrawEvent { draw { id code state } }
    ... on PoolFundedEvent { amount { amount } balance { amount } }
    ... on FeedGap { gapCursor: cursor }
"""

NOTIFICATIONS: Final = f"""
subscription($after: String) {{ notifications(after: $after) {{ {_EVENT} }} }}
"""

ACTIVITY: Final = f"""
subscription($accountId: ID!, $after: String) {{
    accountActivity(accountId: $accountId, after: $after) {{ {_EVENT} }}
}}
"""
