"""What the business does: a folder per area, a file per verb."""
