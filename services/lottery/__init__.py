"""The lottery: mandates, purchases, draws, winning tickets and payouts."""
