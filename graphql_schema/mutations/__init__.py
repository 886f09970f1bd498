"""What can be asked for: the inputs and results of mutations, a file per area."""
