"""What a draw's state allows."""

from datetime import datetime

from models.engines import Row
from models.kinds import DrawState


def is_selling(draw: Row, now: datetime) -> bool:
    """Whether tickets are sold, and may still be given back.

    A draw whose time is over sells nothing, whether or not its centre has closed it yet: its
    result may be known.
    """
    return bool(draw["state"] == DrawState.OPEN and now < draw["sales_close_at"])
