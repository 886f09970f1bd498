"""Webhooks: telling partners by HTTP what the feed tells, in order and at least once."""
