"""One signed call to a webhook: to the address that was checked, no redirect, and only the status is looked at."""

import asyncio
import ssl
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import httpx

from broker.domain.errors import Invalid
from broker.domain.notices.webhooks import Answer
from broker.services.notices.couriers.places import Place, Rules, find_place

PATIENCE = 10.0  # seconds for connecting, and for each step after it
WHOLE_CALL = 20.0  # seconds for everything: a receiver that answers a byte at a time ends here
AGENT = "xueliang"


def call(url: str, rules: Rules, headers: Mapping[str, str], body: bytes, context: ssl.SSLContext) -> Answer:
    """Look the place up, check it, and post; what goes wrong is an answer too.

    The body of the answer is never read: it says nothing that a delivery needs, and whoever could set a webhook would
    read with it what lies behind an address.
    """
    try:
        place = find_place(url, rules)
    except Invalid as error:
        return Answer(None, error.slug)
    return asyncio.run(_posted(place, headers, body, context))


async def _posted(place: Place, headers: Mapping[str, str], body: bytes, context: ssl.SSLContext) -> Answer:
    sent = {"content-type": "application/json", "user-agent": AGENT, **headers, "host": place.host_header}
    try:
        async with (
            asyncio.timeout(WHOLE_CALL),
            httpx.AsyncClient(verify=context, timeout=PATIENCE, trust_env=False, follow_redirects=False) as client,
            client.stream(
                "POST", place.target, content=body, headers=sent, extensions={"sni_hostname": place.host}
            ) as response,
        ):
            return Answer(response.status_code, "" if response.is_success else "webhook-status")
    except (TimeoutError, httpx.TimeoutException):
        return Answer(None, "webhook-silent")
    except httpx.ConnectError as error:
        return Answer(None, "webhook-tls" if isinstance(_root(error), ssl.SSLError) else "webhook-unreachable")
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return Answer(None, "webhook-broke-off")


def _root(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


@lru_cache(maxsize=4)  # reading the machine's authorities takes a twentieth of a second
def trusting(file: Path | None) -> ssl.SSLContext:
    """Return what a TLS connection must prove: a certificate of the machine's authorities, or of those in `file`.

    Raises:
        Invalid: the file cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context()
    if file is not None:
        try:
            context.load_verify_locations(cafile=file)
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror or type(error).__name__
            raise Invalid("ca-file", pointer="/ca_file", file=str(file), reason=reason) from None
    return context
