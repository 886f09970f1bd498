"""Looking, now and then, whether a key is lost that texts were sealed with."""

from services.house import House
from services.keys.usage import key_usage


class KeysLost(Exception):
    """Texts are kept that no key of the key file opens; the message names the keys by id."""


async def watch_keys(house: House) -> int:
    """Count what each key has sealed, and fail where one of them is missing.

    A job that fails is told by log and figure. It reads every sealed column, so it is no work for
    each look at the figures.

    Raises:
        KeysLost: A key is missing: put the copy of the key file back.
    """
    lost = {
        key_id: count
        for key_id, count in (await key_usage()).items()
        if key_id not in house.vault.keyring.keys
    }
    if lost:
        told = ", ".join(f"{key_id} ({count:,} texts)" for key_id, count in sorted(lost.items()))
        raise KeysLost(f"lost data keys: {told}")
    return 0
