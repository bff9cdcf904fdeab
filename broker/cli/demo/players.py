"""The people of the case, each signed in at the server with a session of their own."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from broker.cli.client.server import Server
from broker.cli.client.sessions import sign_in


class Players:
    """Login -> the server as that person sees it; everybody signs in when first needed."""

    def __init__(self, url: str, passwords: dict[str, str]) -> None:
        self.url = url
        self._passwords = passwords
        self._open = ExitStack()
        self._seen: dict[str, Server] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def __getitem__(self, login: str) -> Server:
        if login not in self._seen:
            self._seen[login] = self._open.enter_context(self.fresh(login))
        return self._seen[login]

    def fresh(self, login: str, *, receive_buffer: int | None = None) -> Server:
        """Return another sign-in of a person, which the caller closes."""
        session = sign_in(self.url, login, self._passwords[login])
        return Server(self.url, session, receive_buffer=receive_buffer)
