"""Comparisons with the command are made, or left out because somebody said so."""

import os
import subprocess
import sys
from pathlib import Path

ONE = ["test_times.py::test_the_command_keeps_the_same_hours"]


def compared(**variables: str) -> subprocess.CompletedProcess[str]:
    """A comparison in a process of its own, with these variables alone saying which command there is."""
    others = {name: text for name, text in os.environ.items() if not name.startswith("FORESCALE_")}
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *ONE]
    return subprocess.run(run, cwd=Path(__file__).parent, env=others | variables, text=True, capture_output=True)


def test_without_a_command_nothing_is_taken_for_equal():
    ran = compared()
    assert ran.returncode == 1 and "FORESCALE_BINARY names no command to compare with" in ran.stdout


def test_comparisons_are_left_out_where_that_is_wanted():
    ran = compared(FORESCALE_WITHOUT_BINARY="1")
    assert ran.returncode == 0 and "1 skipped" in ran.stdout
