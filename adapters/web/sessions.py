"""Servers that want a login first, and again whenever they have forgotten it."""

from collections.abc import Callable
from typing import TypeVar

from adapters.errors import SourceRedirects, SourceRefusesEntry
from adapters.web.client import Fields

Result = TypeVar("Result")


class Session:
    """Asks with what a login gave, and logs in once more when that is not accepted any longer.

    Args:
        login: logs in and returns what questions carry from then on; nothing where the client keeps a cookie.
    """

    def __init__(self, login: Callable[[], Fields]) -> None:
        self._login = login
        self._carried: Fields | None = None

    def ask(self, question: Callable[[Fields], Result]) -> Result:
        """Return what the question returns.

        Raises:
            SourceRefusesEntry: a fresh login is not accepted either.
            AdapterError: whatever else the question raises.
        """
        if self._carried is not None:
            try:
                return question(self._carried)
            except (SourceRefusesEntry, SourceRedirects):  # some send to their login page instead of saying no
                self._carried = None
        self._carried = self._login()
        try:
            return question(self._carried)
        except SourceRedirects as error:
            raise SourceRefusesEntry(where=error.facts.get("where", "")) from error
