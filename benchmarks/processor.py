"""Processor time by groups of processes, as the system counts it (Linux)."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_AFTER_NAME = slice(11, 15)
"""User and system time, and those of children that have ended, among the fields after the name."""


def family_cpu_s(pid: int) -> float:
    """Return the processor time of a process and all its descendants, those that ended too."""
    ticks, pids = 0, [pid]
    while pids:
        one = pids.pop()
        # One that ends meanwhile is counted with its parent, the next time.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[_AFTER_NAME]))
            for task in Path(f"/proc/{one}/task").iterdir():
                pids += map(int, (task / "children").read_text().split())
    return ticks / _TICKS_PER_S


def cpu_by_group(groups: Mapping[str, int]) -> dict[str, float]:
    """Return the processor time of each group, which is a process and its descendants."""
    return {name: family_cpu_s(pid) for name, pid in groups.items()}


def resident_kib(pid: int) -> int:
    """Return how much memory a process has in use."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)
