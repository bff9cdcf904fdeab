"""`xueliang hold`: set, listed and lifted by who decides."""

from datetime import UTC, datetime, timedelta

from tests.cli.conftest import Desk


def test_holds_are_set_listed_and_lifted(desk: Desk) -> None:
    REQUEST
