"""How each root field is answered: queries, mutations and subscriptions, a file per area.

Every field reads its input by ``context.reading``, asks a service (commands) or ``context.reads``
(rows), and wraps what comes back in a type of ``graphql_schema``.
"""
