"""Change the key that seals personal data and secrets, while Coffer runs.

Without an option: a new key is made (or one that `--add` has made is taken), it seals from now on,
and everything that is sealed already is sealed with it anew. Interrupted, it goes on when it is
started again. Where processes read copies of the key file on several machines, first `--add`, then
copy the file to all of them, then rotate, and copy it again. `--retire ID` removes an old key when
nothing is sealed with it any more. `--show` tells the keys and what each of them has sealed.
"""

import argparse
import asyncio
import sys
from datetime import timedelta

from app.database import connected, require_migrated
from app.key_file import read_keyring, write_keyring
from app.settings import Settings
from app.terminal import Progress
from services.clock import utc_now
from services.keys.reseal import reseal
from services.keys.usage import key_usage
from services.vault import Keyring, Vault

RETIRES_AFTER = timedelta(minutes=10)
"""By then whatever was sealed just before the new key came into use has been kept or given up."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    step = parser.add_mutually_exclusive_group()
    step.add_argument("--add", action="store_true", help="make a key that does not seal yet")
    step.add_argument("--retire", metavar="ID", help="remove a key that has nothing sealed")
    step.add_argument("--show", action="store_true", help="tell the keys and what they sealed")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Take the step that is asked for; print what was done."""
    keyring = read_keyring(settings.key_file)
    if options.add:
        keyring = keyring.with_another()
        write_keyring(settings.key_file, keyring)
        print(f"made key {_newest(keyring)}; it opens, and does not seal before you rotate")
        return 0
    if options.retire:
        return asyncio.run(_retire(settings, keyring, options.retire))
    if options.show:
        return asyncio.run(_show(settings, keyring))
    return asyncio.run(_rotate(settings, keyring))


async def _rotate(settings: Settings, keyring: Keyring) -> int:
    async with connected(settings.database_url):
        await require_migrated()
        unfinished = set(await key_usage()) & set(keyring.keys) - {keyring.sealing_id}
        if _newest(keyring) == keyring.sealing_id and not unfinished:
            keyring = keyring.with_another()
        if _newest(keyring) != keyring.sealing_id:
            keyring = keyring.sealing_with(_newest(keyring), utc_now())
            write_keyring(settings.key_file, keyring)
        with Progress() as progress:
            sealed = await reseal(Vault(lambda: keyring), progress=progress.show)
    print(f"key {keyring.sealing_id} seals; sealed anew: {sealed.resealed:,}")
    if sealed.unreadable:
        print(f"not readable, left as they are: {sealed.unreadable:,}", file=sys.stderr)
    return 1 if sealed.unreadable else 0


async def _retire(settings: Settings, keyring: Keyring, key_id: str) -> int:
    if key_id not in keyring.keys or key_id == keyring.sealing_id:
        print(f"not retired: key {key_id} is the sealing key, or none at all", file=sys.stderr)
        return 1
    since = keyring.sealing_since
    if since is None or utc_now() - since < RETIRES_AFTER:
        print("not retired: its successor has sealed for less than 10 minutes", file=sys.stderr)
        return 1
    async with connected(settings.database_url):
        await require_migrated()
        still = (await key_usage()).get(key_id, 0)
    if still:
        print(f"not retired: {still:,} texts are sealed with it; rotate again", file=sys.stderr)
        return 1
    write_keyring(settings.key_file, keyring.without(key_id))
    print(f"key {key_id} is gone")
    return 0


async def _show(settings: Settings, keyring: Keyring) -> int:
    async with connected(settings.database_url):
        await require_migrated()
        used = await key_usage()
    for key_id in sorted({*keyring.keys, *used}):
        role = "seals" if key_id == keyring.sealing_id else "opens"
        if key_id not in keyring.keys:
            role = "LOST"
        print(f"{key_id}: {role}, {used.get(key_id, 0):,} texts")
    return 1 if used.keys() - keyring.keys.keys() else 0


def _newest(keyring: Keyring) -> str:
    return list(keyring.keys)[-1]
