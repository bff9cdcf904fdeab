"""What the log tells of an error: where, never with which values."""

import subprocess
import sys

import pytest

PROGRAM = """
import logging
from broker.logging import configure_logging

configure_logging("INFO", "{form}")

def fail(token):
    raise RuntimeError("it broke")

try:
    fail("xlt_" + "s3cret")
except RuntimeError:
    logging.getLogger("broker").exception("the call failed")
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_exception_is_logged_without_the_values_of_variables(form: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(form=form)], capture_output=True, text=True, check=True)
    assert "the call failed" in done.stderr
    assert "it broke" in done.stderr or form == "json"
    assert "xlt_s3cret" not in done.stderr
