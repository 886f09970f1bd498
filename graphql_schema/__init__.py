"""What clients see: types, inputs, results and scalars, a file per area.

A type wraps a row, read from the database or taken from a command's answer; a field that needs
more than its own row asks ``info.context`` for it, whose promises are in ``port.py`` and whose
making is in ``resolvers/``. Docstrings of types and fields are their published descriptions.
"""
