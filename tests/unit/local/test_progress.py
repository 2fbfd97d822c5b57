"""The progress of a command, where its output is not a terminal."""

import io

from local.progress import Progress


def test_bar_in_a_log_has_two_lines() -> None:
    output = io.StringIO()
    with Progress(output).bar("Sending [all]", 3) as advance_to:
        advance_to(2)
    first, last = output.getvalue().splitlines()
    assert (first, last.rpartition("  ")[0]) == ("… Sending [all]", "✓ Sending [all] (2/3)")
