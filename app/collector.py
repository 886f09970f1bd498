"""How often Python looks for objects in circles that nobody needs: seldom at all there is.

Nearly everything in a server process stays: what it was started with, and thousands of open
sockets. With Python's own settings an event that reaches them all has each object of theirs looked
at, which costs as much again as telling them. Young objects are still looked at all the time.
"""

import gc

YOUNG = 20_000
"""After how many more objects than were there the young ones are looked at; Python says 700."""
MIDDLE = 20
"""After how many such looks those are that outlived one; Python says 10."""
OLD = 50
"""After how many of those all are; Python says 10."""


def spare_what_stays() -> None:
    """Leave out what the process was started with from now on, and look at the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
