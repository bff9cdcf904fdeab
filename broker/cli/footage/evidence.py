"""`xueliang evidence`: verify packages, with nothing but the package; make the key that signs them.

Nothing of the services is loaded for it: whoever verifies may have the program and nothing else.
"""

from pathlib import Path
from typing import Annotated

from cryptography import x509
from typer import Argument, Exit, Option

from broker.cli import screen
from broker.cli.footage import verdict_page
from broker.cli.grammar import Json, Noun
from broker.cli.instants import shown
from broker.domain.errors import Invalid
from broker.domain.time import SystemClock
from broker.settings import read_settings
from storage.packages.authority import FOLDER, new_key
from storage.packages.checking import check

Data = Annotated[Path | None, Option("--data", metavar="DIR")]

app = Noun()
keys = Noun()
app.add_typer(keys, name="key")


@app.verb("verify")
def verify(
    package: Annotated[Path, Argument(metavar="PACKAGE")],
    *,
    trust: Annotated[list[Path] | None, Option("--trust", metavar="FILE")] = None,
    as_json: Json = False,
) -> None:
    """Check a package, a ZIP or a folder; needs no server, no data and no network."""
    roots = None if not trust else [root for file in trust for root in certificates(file)]
    try:
        found = check(package, roots)
    except OSError as error:
        raise Invalid("file-unreadable", file=str(package), reason=error.strerror or "") from error
    if as_json:
        screen.document(verdict_page.as_record(found))
    else:
        screen.plain(verdict_page.in_words(found))
    if found.code:
        raise Exit(found.code)


@keys.verb("new")
def make_key(
    *,
    organization: Annotated[str, Option("--organization", metavar="NAME")],
    rotate: Annotated[bool, Option("--rotate")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make the key that signs packages, its certificate, and the root where there is none yet."""
    settings = read_settings(**({} if data is None else {"data": data}))
    if settings.evidence_key is not None or settings.evidence_certificate is not None:
        raise Invalid("evidence-key-elsewhere", file=str(settings.evidence_key or settings.evidence_certificate))
    made = new_key(settings.data / FOLDER, organization, SystemClock().now(), rotate=rotate)
    told = {
        "key": made.key, "certificate": made.certificate, "root": made.root, "signer": made.subject,
        "until": made.until.isoformat() if as_json else shown(made.until), "retired": made.retired,
    }  # fmt: skip
    screen.fields(told, as_json=as_json)


def certificates(file: Path) -> list[x509.Certificate]:
    """Return the certificates of a file that somebody trusts.

    Raises:
        Invalid: it cannot be read, or holds none.
    """
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as error:
        raise Invalid("file-unreadable", file=str(file), reason=error.strerror or "") from error
    except ValueError:
        raise Invalid("trust-file", file=str(file)) from None
