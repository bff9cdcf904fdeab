"""The questions that motionEye is asked, which are those of its own pages."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from adapters.errors import ImpossibleAnswer, RecordingVanished, SourceFailed, SourceRefusesEntry
from adapters.motioneye.movies import Movie, movie_of
from adapters.web.client import Answer, WebClient
from adapters.web.downloads import Download
from adapters.web.sessions import Session


class Api:
    """One motionEye.

    Args:
        client: asks it; keeps the cookie of the login.
        zone: in which it names files.
        username, password: of one of its two users.
    """

    def __init__(self, client: WebClient, zone: ZoneInfo, username: str, password: str) -> None:
        self._client, self._zone = client, zone
        self._username, self._password = username, password
        self._session = Session(self._login)
        self._names: dict[str, str] = {}

    def cameras(self) -> tuple[dict[str, str], Answer]:
        """Return the names of the cameras by their numbers, and the answer that told them."""
        answer = self._asked("/config/list")
        told = self._client.parsed(answer)
        cameras = {}
        for row in self._rows(told, "cameras"):
            number = row.get("id")
            if isinstance(number, bool) or not isinstance(number, int):
                raise self._nonsense("/cameras/id")
            cameras[str(number)] = str(row.get("name") or number)
        self._names = cameras
        return cameras, answer

    def movies(self, camera: str) -> Iterator[Movie]:
        """Yield what a camera has recorded, in no order."""
        now = datetime.now(UTC)
        for row in self._rows(self._client.parsed(self._asked(f"/movie/{camera}/list")), "mediaList"):
            movie = movie_of(row, self._zone, now, self._client.where)
            if movie:
                yield movie

    def download(self, camera: str, movie: Movie, target: Path) -> None:
        """Fetch a movie.

        Raises:
            RecordingVanished: it is not listed any longer; motionEye itself only says that it failed.
        """
        file = movie.path.rsplit("/", maxsplit=1)[-1]

        def check(headers: httpx.Headers) -> None:
            told = headers.get("content-disposition", "")
            if "filename" in told and not self._names_it(told, camera, file):
                raise self._nonsense("content-disposition")

        download = Download(self._client, movie.name, check=check)
        path = f"/movie/{camera}/download/{quote(movie.path)}"
        try:
            self._session.ask(lambda _: download.into(target, path))
        except SourceFailed:
            if all(it.path != movie.path for it in self.movies(camera)):
                raise RecordingVanished(file=movie.path) from None
            raise

    def _names_it(self, told: str, camera: str, file: str) -> bool:
        """Say whether a header names the file of a camera: it puts the camera's name before it, unless that is far."""
        name, own = told.partition("filename=")[2].strip('"; '), self._names.get(camera, "")
        if name == file or not own or not own.isascii():  # how it writes other letters is not known
            return name.endswith(file)
        return name == f"{own}_{file}"

    def _login(self) -> tuple[()]:
        answer = self._client.answer("/login", form={"username": self._username, "password": self._password})
        self._client.check(answer.status, "/login")
        return ()

    def _asked(self, path: str) -> Answer:
        def question(_: object) -> Answer:
            answer = self._client.answer(path)
            self._client.check(answer.status, path)
            return answer

        return self._session.ask(question)

    def _rows(self, told: object, name: str) -> Sequence[dict[str, Any]]:
        rows = told.get(name) if isinstance(told, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            if isinstance(told, dict) and told.get("prompt"):
                raise SourceRefusesEntry(where=self._client.where)
            raise self._nonsense(f"/{name}")
        return rows

    def _nonsense(self, problem: str) -> ImpossibleAnswer:
        return ImpossibleAnswer(where=self._client.where, problem=problem)
