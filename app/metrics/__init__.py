"""What an operator watches, as Prometheus reads it, on an address that is not the public one."""
