"""The database's history, applied in order by ``python -m app migrate``."""
