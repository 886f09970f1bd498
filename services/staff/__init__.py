"""The people of the house: who they are, their roles, and what these let them do."""
