"""The longest texts and lists that inputs may hold; texts as the columns of the models."""

GAME_MAX = 40
NUMBERS_MAX = 200
HOLDER_NAME_MAX = 80
REASON_MAX = 200
REFERENCE_MAX = 64
SERIAL_MAX = 64

PURCHASES_MAX = 100
TICKETS_MAX = 50
WINNING_TICKETS_MAX = 1000
