"""Partner systems: who they are, their keys, and whether they may act."""
