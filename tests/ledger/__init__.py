"""Proof of the ledger."""
