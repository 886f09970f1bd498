"""Who may do and see what: the whole schema is walked as every kind of caller."""
