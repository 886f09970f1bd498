"""Making the load generator, which is a C program, for this machine."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("load.c")
FLAGS = ("-std=gnu11", "-O2")


class NoCompiler(Exception):
    """There is nothing here that compiles C."""


def compiler() -> list[str]:
    """Return the command of the machine's C compiler, or of the one that ``make bench`` installs.

    Raises:
        NoCompiler: There is neither.
    """
    if found := shutil.which("cc"):
        return [found]
    if importlib.util.find_spec("ziglang") is None:
        raise NoCompiler("there is no C compiler here: `make bench` installs one")
    return [sys.executable, "-m", "ziglang", "cc"]


def build_load(directory: Path, *flags: str) -> Path:
    """Compile the load generator into a directory, and return its path.

    Raises:
        NoCompiler: There is no compiler.
        subprocess.CalledProcessError: The compiler failed, and said why.
    """
    program = directory / "load"
    command = [*compiler(), *FLAGS, *flags, "-o", str(program), str(SOURCE), "-lm"]
    subprocess.run(command, check=True)  # noqa: S603 - a compiler, and a source of our own
    return program
