"""Operations prepared once for all the requests that repeat them.

graphql-core walks a document anew for each request, and Strawberry works out for each field how its
resolver is called. A plan has done both before the first request: it is a tree of small functions,
one for each field that is asked for, and answers as graphql-core would, errors included. What a
plan does not know how to do (``NotPrepared``, ``Unfit``) is left to graphql-core.
"""

from app.transport.prepared.names import NotPrepared, Unfit
from app.transport.prepared.plan import Arguments, Plan, prepare

__all__ = ["Arguments", "NotPrepared", "Plan", "Unfit", "prepare"]
