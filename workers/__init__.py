"""What happens without a request: the schedule of background work."""
