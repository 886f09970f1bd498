"""Reading the bank's statement: what no callback told is found there."""

from models import StatementPosition
from services.bank import BankUnavailable
from services.banking.conclude import hear
from services.house import House


async def read_statement(house: House) -> int:
    """Take in the statement's next lines, in order, and return how many there were.

    How far it has been read is kept after each line: a line that is read twice is booked once.
    """
    if not house.bank.is_there:
        return 0
    at = await StatementPosition.get(id=1)
    try:
        lines = await house.bank.statement(at.position)
    except BankUnavailable:
        return 0
    for line in lines:
        await hear(house, line.news)
        behind = StatementPosition.filter(id=1, position__lt=line.position)
        await behind.update(position=line.position)
    return len(lines)
