"""How Coffer starts: the ASGI application, settings, the command line, adapters to the outside."""
