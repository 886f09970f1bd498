"""What httpx raises where there is no answer."""

import httpx

NO_ANSWER = (httpx.HTTPError, AttributeError)
"""Also the error of a library below it, which asks a connection that broke off in the moment it was
made for its socket, and is given none.
"""
