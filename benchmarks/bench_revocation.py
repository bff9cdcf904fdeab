"""`make bench NAME=revocation`: how fast a stop is true everywhere, with three web processes on one database.

A hundred downloads run over all three. `call` is from the request to its answer, `last_byte` from the request to the
last byte that arrived in a reader's kernel, `bytes_after` what arrived after the answer. Each time is told beside the
lease, which is what is promised at worst; the median of the trials is the value, the worst of them stands beside it.
"""

import os
import signal
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import figure
from broker.bootstrap import open_broker
from broker.settings import Settings
from storage.db.footage.revocations import LEASE
from tests.city import found_city
from tests.web.downloads import Readers
from tests.web.three_servers import House, Server, call, three_servers

TRIALS, DOWNLOADS = 5, 100
PACED, FULL = 4096, 16 * 1024 * 1024  # bytes a tick of 20 ms
REFERENCE = "lease"

Servers = tuple[Server, ...]


def figures(name: str, calls: list[float], last: list[float], late: list[int]) -> None:
    """Print what a case has shown."""
    for what, values in (("call", calls), ("last_byte", last)):
        for which, value in (("median", statistics.median(values)), ("worst", max(values))):
            figure(f"{name}.{what}.{which}", value, "s", reference=REFERENCE, ratio=value / LEASE, n=len(values))
    figure(f"{name}.bytes_after", max(late), "bytes", reference="no byte", ratio=float(max(late)), n=len(late))


def stopped(house: House, servers: Servers, pace: int, before: Callable[[Readers], None]) -> tuple[float, float, int]:
    """Open downloads, stop their grant, and return the call, the last byte, and what arrived after the answer."""
    grant, token, owner = house.grant(), house.token("looker"), house.token("owner.cg")
    ready = house.ready(grant)
    with Readers(pace) as readers:
        for number in range(DOWNLOADS):
            place = number % len(servers)
            readers.open(place, servers[place].url, f"/api/v1/retrievals/{ready.id}/media", token)
        before(readers)
        _, asked, returned = call(servers[0], owner, f"/grants/{grant.id}/revoke", {"reason": "撤销"})
        at_return = readers.arrived()
        readers.until_quiet(LEASE)
        late = sum(readers.arrived()) - sum(at_return)
        last = max(download.last_at for download in readers.downloads)
    return returned - asked, max(0.0, last - asked), late


def case(name: str, house: House, servers: Servers, pace: int) -> None:
    """Stop again and again while all processes are well."""
    trials = [stopped(house, servers, pace, lambda _readers: time.sleep(0.5)) for _ in range(TRIALS)]
    figures(name, *map(list, zip(*trials, strict=True)))


def idle(house: House, servers: Servers) -> None:
    """Stop grants under which nothing flows: the transaction, and the word of three processes."""
    owner, calls = house.token("owner.cg"), []
    for _ in range(4 * TRIALS):
        _, asked, returned = call(servers[0], owner, f"/grants/{house.grant().id}/revoke", {"reason": "撤销"})
        calls.append(returned - asked)
    for which, value in (("median", statistics.median(calls)), ("worst", max(calls))):
        figure(f"revocation.idle.call.{which}", value, "s", reference=REFERENCE, ratio=value / LEASE, n=len(calls))


def hung(house: House, servers: Servers) -> None:
    """Stop while one process is frozen, and see what it sends when it goes on."""
    process, calls, late = servers[2].process, [], []
    for _ in range(TRIALS):
        house_grant, token, owner = house.grant(), house.token("looker"), house.token("owner.cg")
        ready = house.ready(house_grant)
        with Readers(PACED) as readers:
            for _number in range(DOWNLOADS // 3):
                readers.open(2, servers[2].url, f"/api/v1/retrievals/{ready.id}/media", token)
            time.sleep(0.5)
            process.send_signal(signal.SIGSTOP)
            try:
                _, asked, returned = call(servers[0], owner, f"/grants/{house_grant.id}/revoke", {"reason": "撤销"})
                readers.pace = FULL
                readers.until_quiet()
                at_stop = readers.arrived()
            finally:
                process.send_signal(signal.SIGCONT)
            readers.until_ended(30)
            calls.append(returned - asked)
            late.append(sum(readers.arrived()) - sum(at_stop))
        time.sleep(LEASE)  # it comes back
    for which, value in (("median", statistics.median(calls)), ("worst", max(calls))):
        figure(f"revocation.hung.call.{which}", value, "s", reference=REFERENCE, ratio=value / LEASE, n=TRIALS)
    worst = max(late)
    figure("revocation.hung.bytes_when_resumed", worst, "bytes", reference="no byte", ratio=float(worst), n=TRIALS)


def main() -> None:
    """Start everything and print the figures."""
    with tempfile.TemporaryDirectory(prefix="xueliang-bench-") as place:
        settings = Settings(data=Path(place) / "data", password_memory_kib=64, password_passes=1, workers=0)
        with open_broker(settings) as broker:
            house = House(broker, found_city(broker))
            with three_servers(broker, Path(place)) as servers:
                print(f"# {os.cpu_count()} cores, three web processes, {DOWNLOADS} downloads, lease {LEASE} s")
                idle(house, servers)
                case("revocation.paced", house, servers, PACED)
                case("revocation.full_speed", house, servers, FULL)
                hung(house, servers)


if __name__ == "__main__":
    main()
