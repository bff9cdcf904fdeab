"""E-mail: one message a person and notice, in both languages, handed to one mail server that the operator names."""

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

from broker.domain.errors import Invalid
from broker.domain.notices.notices import Told
from broker.locale import DEFAULT, LANGUAGES, say
from broker.services.notices.couriers.wording import worded
from broker.services.people.contacts import EMAIL

PATIENCE = 20.0  # seconds for each answer of the mail server
PERMANENT = range(500, 600)
PORTS = {"smtp": 25, "starttls": 587, "smtps": 465}
PER_LANGUAGE_GAP = "\n\n----\n\n"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Refused(Exception):  # noqa: N818  # reads as a sentence
    """The server will never take this message: a new attempt is no use."""


class Failed(Exception):  # noqa: N818  # reads as a sentence
    """The message was not taken now; a later attempt may get through."""


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in, and as whom."""

    scheme: str
    host: str
    port: int
    sender: Address
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str, sender: str) -> "MailServer":
        """Read the settings.

        Raises:
            Invalid: one of them is malformed; neither error repeats the URL, which may hold a password.
        """
        parts, port = _split(url)
        host = parts.hostname or ""
        if parts.scheme not in PORTS or not host or parts.path.strip("/") or parts.query or parts.fragment:
            raise Invalid("smtp-url", pointer="/smtp_url", reason="form")
        if parts.password and parts.scheme == "smtp" and host not in _LOOPBACK:
            raise Invalid("smtp-url", pointer="/smtp_url", reason="password without TLS")
        name, address = parseaddr(sender)
        if not EMAIL.fullmatch(address) or not sender.isprintable():
            raise Invalid("mail-from", pointer="/mail_from")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, host, port or PORTS[parts.scheme], _address(name, address), user, password)


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Invalid("smtp-url", pointer="/smtp_url", reason="form") from None
    return parts, port


def _address(name: str, address: str) -> Address:
    try:
        return Address(display_name=name, addr_spec=address)
    except (HeaderParseError, ValueError):
        raise Invalid("mail-from", pointer="/mail_from") from None


@dataclass(frozen=True)
class Letter:
    """Who gets which notice, and how it is worded."""

    notice: Told
    email: str
    language: str | None
    link: str
    zone: tzinfo
    key: str
    """Says who is told what, so that a mail program shows a message that came twice once."""


def compose(letter: Letter, sender: Address, now: datetime) -> EmailMessage:
    """Write the message: the person's language first, the other one below.

    The library refuses line breaks in every header, so no fact can add one.
    """
    first = letter.language if letter.language in LANGUAGES else DEFAULT
    languages = sorted(LANGUAGES, key=lambda language: language != first)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = worded(letter.notice, first, letter.zone).subject
    message["From"] = sender
    message["To"] = letter.email
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{letter.key}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes, please
    message.set_content(PER_LANGUAGE_GAP.join(_part(letter, language) for language in languages))
    return message


def _part(letter: Letter, language: str) -> str:
    lines = [worded(letter.notice, language, letter.zone).body]
    if letter.link:
        lines.append(say("notice.link", language, link=letter.link))
    lines.append(say("notice.footer", language))
    return "\n\n".join(lines)


def send(server: MailServer, message: EmailMessage, context: ssl.SSLContext) -> None:
    """Hand a message in.

    Raises:
        Refused: a permanent answer (5xx) to sender, recipient or content.
        Failed: everything else: no connection, a temporary answer, a wrong password, no TLS.
    """
    try:
        with _connected(server, context) as connection:
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        raise _fault(next(iter(error.recipients.values()))[0]) from error
    except smtplib.SMTPAuthenticationError as error:
        raise Failed(f"sign-in {error.smtp_code}") from error  # the operator's mistake, not the recipient's
    except smtplib.SMTPResponseException as error:
        raise _fault(error.smtp_code) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Failed(type(error).__name__) from error


def _connected(server: MailServer, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=PATIENCE, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=PATIENCE)
    if server.scheme == "starttls":
        try:
            connection.starttls(context=context)  # a server that does not offer it is an error, not plain text
        except BaseException:
            connection.close()
            raise
    return connection


def _fault(code: int) -> Refused | Failed:
    """Return what a code means; the server's words are left out, they may repeat addresses and end up in lists."""
    return Refused(str(code)) if code in PERMANENT else Failed(str(code))
