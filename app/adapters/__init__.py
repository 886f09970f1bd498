"""The outside world: each adapter is one protocol of a service, spoken to something real."""
