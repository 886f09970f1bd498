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

_WINNING = "winningTicket { id serial prize { amount } tax { amount } }"

WITHDRAW: Final = f"""
mutation($input: RequestWithdrawalInput!) {{ requestWithdrawal(input: $input) {{
    __typename {_REFUSAL}
    ... on RequestWithdrawalSuccess {{
        replayed withdrawal {{ id amount {{ amount }} }} transaction {{ id number at }}
    }}
}} }}
"""

CLOSE_DRAW: Final = f"""
mutation($input: CloseDrawInput!) {{ closeDraw(input: $input) {{
    __typename {_REFUSAL} ... on CloseDrawSuccess {{ replayed draw {{ id code state }} }}
}} }}
"""

UPLOAD: Final = f"""
mutation($input: UploadWinningTicketsInput!) {{ uploadWinningTickets(input: $input) {{
    __typename {_REFUSAL}
    ... on UploadWinningTicketsSuccess {{
        replayed draw {{ id state claimsCloseAt }} results {{ serial problem }}
    }}
}} }}
"""

PAYOUT: Final = f"""
mutation($input: PayoutInput!) {{ payout(input: $input) {{
    __typename {_REFUSAL}
    ... on PayoutSuccess {{ replayed transaction {{ {_MOVED} }} {_WINNING} }}
}} }}
"""

CLAIM: Final = f"""
mutation($input: ClaimPrizeInput!) {{ claimPrize(input: $input) {{
    __typename {_REFUSAL}
    ... on ClaimPrizeSuccess {{
        replayed available {{ amount }} transaction {{ {_MOVED} }} {_WINNING}
    }}
}} }}
"""

PAY_DRAW: Final = f"""
mutation($input: PayDrawInput!) {{ payDraw(input: $input) {{
    __typename {_REFUSAL} ... on PayDrawSuccess {{ replayed payoutRun {{ id total }} }}
}} }}
"""

PAYOUT_RUN: Final = """
query($id: ID!) { node(id: $id) { ... on PayoutRun { state total paid refused } } }
"""

SET_PARAMETER: Final = f"""
mutation($input: SetParameterInput!) {{ setParameter(input: $input) {{
    __typename {_REFUSAL} ... on SetParameterSuccess {{ parameter {{ value }} }}
}} }}
"""

SET_PIN: Final = f"""
mutation($input: SetPaymentPinInput!) {{ setPaymentPin(input: $input) {{
    __typename {_REFUSAL} ... on SetPaymentPinSuccess {{ replayed }}
}} }}
"""

STEP_UP: Final = f"""
mutation($input: StepUpInput!) {{ stepUp(input: $input) {{
    __typename {_REFUSAL} ... on StepUpSuccess {{ until }}
}} }}
"""

BIND_CARD: Final = f"""
mutation($input: BindCardInput!) {{ bindCard(input: $input) {{
    __typename {_REFUSAL} ... on BindCardSuccess {{ card {{ id }} }}
}} }}
"""

CREATE_WEBHOOK: Final = f"""
mutation($input: CreateWebhookInput!) {{ createWebhook(input: $input) {{
    __typename {_REFUSAL} ... on CreateWebhookSuccess {{ secret webhook {{ id }} }}
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
    ... on WithdrawalEvent { withdrawal { id } transaction { id type } }
    ... on DepositReversedEvent { amount { amount } owed { amount } deposit { id } }
    ... on PrizeEvent { serial amount { amount } tax { amount } transaction { id } }
    ... on DrawPaidEvent { payoutRun { id total } draw { id } }
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
