"""What goes through the bank: cards, instructions and their outcomes, suspense, the statement."""
