"""People: signing up, in and out, and who calls."""
