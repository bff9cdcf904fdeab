"""The token of the person at the keyboard: from the environment, else from the file that `login` wrote."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from broker.cli.client.server import Server, Token
from broker.cli.environment import DEFAULT_URL, config_folder, environment
from broker.domain.errors import Unauthenticated, Unavailable

FILE = "token.json"


@dataclass(frozen=True)
class Stored:
    """What `login` keeps: the token is a secret, its file is for its owner alone."""

    url: str
    login: str
    token_id: str
    token: str
    expires_at: str


def credentials_file() -> Path:
    """Return where the token of this person lies."""
    return config_folder() / FILE


def stored() -> Stored | None:
    """Return what `login` wrote, None when there is nothing.

    Raises:
        Unavailable: the file is there and cannot be read.
    """
    path = credentials_file()
    try:
        return Stored(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise Unavailable("credentials-unreadable", file=str(path), detail=type(error).__name__) from error


def store(kept: Stored) -> Path:
    """Write the token to a file that nobody else can read, whole or not at all."""
    path = credentials_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE}")  # made with mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(kept), file, indent=1)
        Path(name).replace(path)
    except OSError as error:
        raise Unavailable("credentials-unwritable", file=str(path), detail=error.strerror or "") from error
    return path


def forget() -> None:
    """Remove the file."""
    credentials_file().unlink(missing_ok=True)


def server_url(given: str | None = None) -> str:
    """Return which server is meant: said by hand, set in the environment, the one signed in to, else the local one."""
    if given or environment().url:
        return given or environment().url
    known = stored()
    return known.url if known else DEFAULT_URL


def signed_in() -> Server:
    """Return the server as the person sees it.

    Raises:
        Unauthenticated: there is no token, or the one there is belongs to another server.
    """
    secret = environment().token
    if secret is not None:
        return Server(environment().url or DEFAULT_URL, Token(secret.get_secret_value()))
    known = stored()
    url = server_url()
    if known is None or known.url != url:  # a token is never sent to a server it is not for
        raise Unauthenticated("not-signed-in", url=url)
    return Server(url, Token(known.token))
