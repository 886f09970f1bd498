"""The ledger: the posting desk and everything that moves money through it."""
