"""Act five, at its end: both results as one signed evidence package, verified without the server that made it."""

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from broker.cli.client.download import download
from broker.cli.client.packages import order_package, wait_for_package
from broker.cli.demo.case import Record
from broker.cli.demo.players import Players
from broker.cli.demo.stage import Stage
from broker.cli.progress import ProgressBar
from broker.cli.texts import tell
from broker.demo.people import LOOKER
from storage.packages.authority import FOLDER, ROOT, new_key
from storage.packages.checking import check

HOUSE = "锦城市公安局（演示）"


def make_key(data: Path) -> None:
    """Make the key that signs packages."""
    new_key(data / FOLDER, HOUSE, datetime.now(UTC))


def package(stage: Stage, players: Players, results: list[Record], folder: Path, data: Path) -> None:
    """Have a package made of the results, take it away, and check it as whoever gets it would."""
    server = players[LOOKER]
    ready = wait_for_package(server, order_package(server, [each["id"] for each in results]))
    with ProgressBar(tell("retrieve.download")) as bar:
        path = f"/packages/{ready['id']}/file"
        file = download(server, path, ready["file"], folder / f"{ready['name']}.zip", told=bar.reach)
    root = data / FOLDER / ROOT
    found = check(file, x509.load_pem_x509_certificates(root.read_bytes()))
    stage.promise(found.code == 0, "package-broken", faults=", ".join(fault.slug for fault in found.faults))
    stage.narrate("packaged", package=file, files=found.files, size=found.size, signer=found.signer, root=root)
