"""The proofs: they mirror services/, and stories/ go through the real server."""
