"""Twelve playback servers, each with a bad habit, in a process of their own."""

import asyncio
import json
import multiprocessing
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.connection import Connection
from urllib.parse import parse_qs, urlsplit

FOREVER = 3600.0
OK = b"HTTP/1.1 200 OK\r\n"

Habit = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


async def _hang(_target: str, _out: asyncio.StreamWriter) -> None:
    await asyncio.sleep(FOREVER)


async def _hang_after_head(_target: str, out: asyncio.StreamWriter) -> None:
    out.write(OK + b"Content-Length: 100\r\n\r\n")
    await asyncio.sleep(FOREVER)


async def _drip(_target: str, out: asyncio.StreamWriter) -> None:
    out.write(OK + b"Content-Length: 100000\r\n\r\n")
    while not out.is_closing():
        out.write(b" ")
        await out.drain()
        await asyncio.sleep(1)


async def _endless_head(_target: str, out: asyncio.StreamWriter) -> None:
    out.write(OK)
    while not out.is_closing():
        out.write(b"X-More: " + b"m" * 500 + b"\r\n")
        await out.drain()
        await asyncio.sleep(0.1)


async def _endless_body(_target: str, out: asyncio.StreamWriter) -> None:
    out.write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while not out.is_closing():
        out.write(b"1000\r\n" + b" " * 4096 + b"\r\n")
        await out.drain()
        await asyncio.sleep(0.05)


async def _reset(_target: str, out: asyncio.StreamWriter) -> None:
    out.transport.abort()


async def _fail(_target: str, out: asyncio.StreamWriter) -> None:
    out.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")


async def _refuse(_target: str, out: asyncio.StreamWriter) -> None:
    out.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")


async def _send_away(target: str, out: asyncio.StreamWriter) -> None:
    out.write(b"HTTP/1.1 302 Found\r\nLocation: " + target.encode() + b"\r\nContent-Length: 0\r\n\r\n")


async def _talk_nonsense(_target: str, out: asyncio.StreamWriter) -> None:
    _say(out, b'{"list": [[[[')


async def _send_noise(target: str, out: asyncio.StreamWriter) -> None:
    if not _list_or(target, out):
        _say(out, bytes(range(256)) * 256)


async def _hang_in_media(target: str, out: asyncio.StreamWriter) -> None:
    if not _list_or(target, out):
        out.write(OK + b"Content-Type: video/mp4\r\nContent-Length: 1000000\r\n\r\n" + b"\0" * 1000)
        await asyncio.sleep(FOREVER)


def _list_or(target: str, out: asyncio.StreamWriter) -> bool:
    """Answer truly what is recorded: everything that is asked for; False when media is wanted."""
    asked = urlsplit(target)
    if asked.path != "/list":
        return False
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    begin, end = (datetime.fromisoformat(query[name]) for name in ("start", "end"))
    _say(out, json.dumps([{"start": begin.isoformat(), "duration": (end - begin).total_seconds()}]).encode())
    return True


def _say(out: asyncio.StreamWriter, body: bytes) -> None:
    out.write(OK + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)


HABITS: dict[str, Habit] = {
    "hangs": _hang,
    "hangs after its head": _hang_after_head,
    "drips": _drip,
    "endless head": _endless_head,
    "endless body": _endless_body,
    "resets": _reset,
    "fails": _fail,
    "refuses": _refuse,
    "sends away": _send_away,
    "talks nonsense": _talk_nonsense,
    "sends noise": _send_noise,
    "hangs in media": _hang_in_media,
}


@contextmanager
def bad_sources() -> Iterator[list[int]]:
    """Run one server for each habit; yield their ports."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_run, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join()


def _run(told: Connection) -> None:
    asyncio.run(_serve(told))


async def _serve(told: Connection) -> None:
    servers = [await asyncio.start_server(_answering(habit), "127.0.0.1", 0) for habit in HABITS.values()]
    told.send([server.sockets[0].getsockname()[1] for server in servers])
    await asyncio.sleep(FOREVER)


def _answering(habit: Habit) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def answer(incoming: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        try:
            head = await incoming.readuntil(b"\r\n\r\n")
            await habit(head.split(b" ", 2)[1].decode(), out)
            await out.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever asked has gone
        finally:
            out.close()

    return answer
