"""The house that identities come from, as the settings name it."""

import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address

import httpx

from broker.domain.errors import Invalid
from broker.domain.people.oidc import ALGORITHMS
from broker.services.notices.couriers.places import Rules, find_place, read_url

ON_THIS_MACHINE = "localhost"
USUAL = "openid"
BACK = "/auth/oidc/callback"
"""Where the house sends people back to, below the public address of the program."""


@dataclass(frozen=True)
class House:
    """Where identities come from, who we are there, and what is believed.

    `methods` and `levels`: values of `amr` and `acr` that count as a second factor; none, unless the operator says so.
    """

    issuer: str
    client: str
    secret: str = field(repr=False)
    back: str
    context: ssl.SSLContext
    rules: Rules
    scopes: str = USUAL
    algorithms: tuple[str, ...] = ("RS256", "ES256", "PS256")
    label: str = ""
    methods: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    plain_http: bool = False

    def checked(self) -> "House":
        """Return the same, if it can be worked with.

        Raises:
            Invalid: a setting is wrong; `pointer` names it.
        """
        if not self.client:
            raise Invalid("oidc-setting", pointer="/oidc_client_id", reason="empty")
        if USUAL not in self.scopes.split():
            raise Invalid("oidc-setting", pointer="/oidc_scopes", reason=USUAL)
        if not self.algorithms or not set(self.algorithms) <= ALGORITHMS:
            raise Invalid("oidc-setting", pointer="/oidc_algorithms", reason=" ".join(sorted(ALGORITHMS)))
        for text, name in ((self.issuer, "oidc_issuer"), (self.back, "public_url")):
            try:
                self.read(text)
            except Invalid as error:
                raise Invalid("oidc-setting", pointer=f"/{name}", reason=error.slug) from None
        return self

    def read(self, text: str) -> httpx.URL:
        """Read an address of that house: https, or plain http to this machine where the operator allows it.

        Raises:
            Invalid: it is none, or leads nowhere that may be called.
        """
        url = read_url(text, Rules(plain_http=True))
        if url.scheme == "http" and not (self.plain_http and _is_here(url)):
            raise Invalid("webhook-scheme", pointer="/url")
        return url

    def way_to(self, text: str) -> tuple[httpx.URL, str, str]:
        """Return where to connect, and the host for the head of the call and for TLS.

        The issuer's own host may be anywhere: the operator named it. Another host that its description names has to
        be one that webhooks might call, and the call goes to the address that was checked.

        Raises:
            Invalid: it may not be called.
        """
        url = self.read(text)
        own = self.read(self.issuer)
        if (url.scheme, url.raw_host, url.port) == (own.scheme, own.raw_host, own.port):
            return url, url.netloc.decode(), url.raw_host.decode()
        place = find_place(text, Rules(self.rules.networks))
        return place.target, place.host_header, place.host


def _is_here(url: httpx.URL) -> bool:
    host = url.raw_host.decode()
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == ON_THIS_MACHINE
