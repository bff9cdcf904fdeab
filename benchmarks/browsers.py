"""Eight browsers in a process of their own, each on one connection: the server keeps its processor to itself.

    python -m benchmarks.browsers PORT COOKIE < paths

prints how many answers came a second.
"""

import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

BROWSERS = 8


def rate(port: int, cookie: str, paths: Sequence[str]) -> float:
    """Return how many of these paths are answered a second."""
    command = [sys.executable, "-m", "benchmarks.browsers", str(port), cookie]
    told = subprocess.run(command, input="\n".join(paths), capture_output=True, text=True, check=True)
    return float(told.stdout)


def _ask(port: int, cookie: str, mine: Sequence[str], wrong: list[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for path in mine:
        connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.HTTPStatus.OK:
            wrong.append(f"{answer.status} {path}")


def main() -> None:
    port, cookie, paths = int(sys.argv[1]), sys.argv[2], sys.stdin.read().split()
    wrong: list[str] = []
    own = [paths[k::BROWSERS] for k in range(BROWSERS)]
    threads = [threading.Thread(target=_ask, args=(port, cookie, mine, wrong)) for mine in own]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise SystemExit(f"{len(wrong)} answers were not 200: {wrong[0]}")
    print(len(paths) / (time.perf_counter() - begun))


if __name__ == "__main__":
    main()
