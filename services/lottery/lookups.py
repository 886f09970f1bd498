"""How the lottery's verbs find their rows under the lock."""

from models import Draw, Mandate, PayoutRun, Ticket, Transaction, WinningTicket
from models.engines import Lookup

DRAWS = Lookup.of(Draw)
MANDATES = Lookup.of(Mandate, "account_id", "partner_id")
PAYOUT_RUNS = Lookup.of(PayoutRun)
RUNS_OF_DRAW = Lookup.of(PayoutRun, "draw_id")
TRANSACTIONS = Lookup.of(Transaction)
REFERENCES = Lookup.of(Transaction, "partner_id", "reference")
SERIALS = Lookup.of(Ticket, "draw_id", "serial")
TICKETS = Lookup.of(Ticket, "purchase_id")
WINNINGS = Lookup.of(WinningTicket, "draw_id", "serial")
