"""The feed of what happened, and those who read it."""
