"""Processor time is counted with that of children, those that have ended too."""

import os
import subprocess
import sys

import pytest

from benchmarks.processor import cpu_by_group, family_cpu_s, resident_kib

BURN = "import time\nwhile time.process_time() < 0.2: pass"


def test_a_child_that_ended_counts_with_its_parent() -> None:
    before_s = family_cpu_s(os.getpid())
    subprocess.run([sys.executable, "-c", BURN], check=True)  # noqa: S603 - our own interpreter
    assert family_cpu_s(os.getpid()) - before_s >= 0.1


def test_a_child_that_runs_counts_as_well() -> None:
    burn = f"{BURN}\nprint(flush=True)\ninput()"
    command = [sys.executable, "-c", burn]
    pipe = subprocess.PIPE
    before_s = family_cpu_s(os.getpid())
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as child:  # noqa: S603 - the same
        assert child.stdout is not None
        child.stdout.readline()
        own = cpu_by_group({"child": child.pid})
        assert own["child"] >= 0.1
        assert family_cpu_s(os.getpid()) - before_s >= 0.1
        child.communicate(b"\n")


def test_who_is_gone_used_nothing_and_has_no_memory() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert family_cpu_s(child.pid) == 0
    with pytest.raises((ProcessLookupError, FileNotFoundError)):
        resident_kib(child.pid)


def test_memory_is_counted() -> None:
    assert resident_kib(os.getpid()) > 10_000
