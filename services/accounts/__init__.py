"""Customers' fund accounts and the money that is put in."""
