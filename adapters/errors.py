"""What may leave an adapter: one class a way to fail, each with its slug, its facts and whether a retry makes sense.

    AdapterError
    ├── NoRecording ─ NothingRecorded      the source was asked and has no pictures there
    ├── UnknownChannel, Unsupported        the source has no such channel, the adapter no such ability
    ├── SourceUnreachable ─ RecordingVanished, SourceBusy, SourceFailed   gone now, perhaps back later
    ├── SourceRefusesEntry, RecordingRefused, SourceCertificate, SourceRedirects, AddressRefused
    │                                      reached, and not to be talked with
    ├── ImpossibleAnswer                   what it says cannot be
    ├── SourceTimeout, OutOfMemory, DecoderCrashed, Aborted, NoSpace   how a child process may end
    ├── UnreadableMedia ─ EmptyMedia, TruncatedMedia, MediaWithoutVideo, MediaWithoutPictures, UnfinishedMedia,
    │                     EncryptedMedia, NoMedia, OversizedMedia
    ├── MarkFailed, RedactionImpossible    the pictures could not be marked, or redacted, as they have to be
    ├── HostilePath                        a name that would lead out of the source
    ├── InvalidIndex                       the list of recordings beside them makes no sense
    ├── InvalidOption ─ MissingOption, UnknownOption, InvalidPattern
    └── UnknownAdapter, AdapterNotLoadable, AdapterBroken   the adapter itself

Adapters of others may subclass these for their own code; what crosses the process border is the nearest class of this
file, because only for these do sentences exist.
"""
# ruff: noqa: N818 - as in the domain, a name says what is the matter; that it is an error is plain where it is raised

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar

from broker.domain.errors import Invalid, SourceFault, Unavailable
from broker.domain.time import TimeSpan


def _facts(*names: str) -> tuple[str, ...]:
    return names


class AdapterError(SourceFault):
    """The root of everything an adapter raises.

    `SLUG` names the sentence, `FACTS` its placeholders, `transient` says whether the same ask may succeed later.
    """

    SLUG: ClassVar[str] = ""
    FACTS: ClassVar[tuple[str, ...]] = ()
    transient: ClassVar[bool] = False

    def __init__(self, *, pointer: str = "", **facts: object) -> None:
        unknown = set(facts) - set(self.FACTS)
        if unknown:
            raise TypeError(f"{type(self).__name__} has no fact {sorted(unknown)}, only {self.FACTS}")
        # A sentence must never fail for a missing placeholder: what was not given is empty.
        told: dict[str, Any] = {**dict.fromkeys(self.FACTS, ""), **facts}
        super().__init__(self.SLUG, pointer=pointer, **told)


class NoRecording(AdapterError):
    """No pictures in the span asked for; `nearby` names what is recorded before and after it."""

    SLUG = "no-recording"
    FACTS = _facts("channel", "begin", "end", "nearby")

    @classmethod
    def of(cls, channel: str, begin: datetime, end: datetime, nearby: Iterable[TimeSpan] = ()) -> "NoRecording":
        """Return the error for [begin, end); the spans nearby become ISO 8601 intervals, parted by commas."""
        facts = {"channel": channel, "begin": stamp(begin), "end": stamp(end)}
        told = ", ".join(f"{stamp(span.begin)}/{stamp(span.end)}" for span in nearby)
        return cls(nearby=told, **facts)

    @property
    def nearby(self) -> tuple[TimeSpan, ...]:
        """The recorded spans around the ask, at most one before and one after it."""
        told = str(self.facts.get("nearby", ""))
        pairs = (interval.split("/") for interval in told.split(", ") if interval)
        return tuple(TimeSpan(datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in pairs)


class NothingRecorded(NoRecording):
    """No pictures in the span asked for and none within a month of it."""

    SLUG = "nothing-recorded"
    FACTS = _facts("channel", "begin", "end", "nearby")


class UnknownChannel(AdapterError):
    """The source knows no channel of this name."""

    SLUG = "unknown-channel"
    FACTS = _facts("channel")


class Unsupported(AdapterError):
    """The adapter of this source cannot do this at all."""

    SLUG = "adapter-cannot"
    FACTS = _facts("adapter", "capability")


class SourceUnreachable(AdapterError):
    """The source does not answer, or its folder is not there."""

    SLUG = "source-unreachable"
    FACTS = _facts("where")
    transient = True


class RecordingVanished(SourceUnreachable):
    """A recording was listed and was gone when it was opened."""

    SLUG = "recording-vanished"
    FACTS = _facts("file")


class SourceBusy(SourceUnreachable):
    """The source answers that it has too much to do, or serves only one at a time."""

    SLUG = "source-busy"
    FACTS = _facts("where")


class SourceFailed(SourceUnreachable):
    """The source answers that it failed, with the status of HTTP or of RTSP."""

    SLUG = "source-failed"
    FACTS = _facts("where", "status")


class SourceRedirects(AdapterError):
    """The source sends us to another address, which is not followed."""

    SLUG = "source-redirects"
    FACTS = _facts("where")


class SourceRefusesEntry(AdapterError):
    """The source does not accept the name and the password, or what they give a right to is not enough."""

    SLUG = "source-refuses-entry"
    FACTS = _facts("where")


class RecordingRefused(AdapterError):
    """The source lists a recording and does not hand it out."""

    SLUG = "source-refuses-recording"
    FACTS = _facts("file", "status")


class SourceCertificate(AdapterError):
    """The certificate of the source is not one that is trusted for its name."""

    SLUG = "source-certificate"
    FACTS = _facts("where")


class AddressRefused(AdapterError):
    """The host of the source has an address that no source may have: this machine's own, or a link-local one."""

    SLUG = "source-address-refused"
    FACTS = _facts("host", "address")


class ImpossibleAnswer(AdapterError):
    """The source answers something that makes no sense or cannot be true, such as a recording of the year 4000."""

    SLUG = "source-answers-nonsense"
    FACTS = _facts("where", "problem")


class SourceTimeout(AdapterError):
    """The work was not done by the deadline and was ended."""

    SLUG = "source-timeout"
    FACTS = _facts("seconds")
    transient = True


class OutOfMemory(AdapterError):
    """The work needed more memory than it may have."""

    SLUG = "source-out-of-memory"
    FACTS = _facts("megabytes")


class DecoderCrashed(AdapterError):
    """Native code fell over the recording; only the child process died."""

    SLUG = "decoder-crashed"
    FACTS = _facts("signal")


class Aborted(AdapterError):
    """The caller asked for the work to stop."""

    SLUG = "retrieval-aborted"


class NoSpace(AdapterError, Unavailable):
    """The broker's own disk is full."""

    SLUG = "fetch-disk-full"
    kind = Unavailable.kind
    transient = True


class UnreadableMedia(AdapterError):
    """The file is no video that can be read."""

    SLUG = "unreadable-media"
    FACTS = _facts("file")


class EmptyMedia(UnreadableMedia):
    """The file has no bytes."""

    SLUG = "media-empty"


class TruncatedMedia(UnreadableMedia):
    """The file ends, or is damaged, before the pictures asked for."""

    SLUG = "media-truncated"


class MediaWithoutVideo(UnreadableMedia):
    """The file has sound or data but no video."""

    SLUG = "media-without-video"


class MediaWithoutPictures(UnreadableMedia):
    """The file has a header and not one picture."""

    SLUG = "media-without-pictures"


class UnfinishedMedia(UnreadableMedia):
    """The recorder has not closed the file yet."""

    SLUG = "media-unfinished"
    transient = True


class UncertainHour(UnreadableMedia):
    """The file's local time comes twice, when summer time ends, and nothing in the file says which one it was."""

    SLUG = "recording-hour-uncertain"


class EncryptedMedia(UnreadableMedia):
    """The recorder encrypted the file, and the key is not here."""

    SLUG = "media-encrypted"


class NoMedia(UnreadableMedia):
    """Something else came where the recording should be: a login page, a message of success, nothing known."""

    SLUG = "source-sent-no-media"
    FACTS = _facts("file", "got")


class OversizedMedia(UnreadableMedia):
    """The recording is larger than anything that could be one."""

    SLUG = "media-oversized"
    FACTS = _facts("file", "megabytes")


class MarkFailed(AdapterError):
    """The mark that has to stand in the pictures could not be burnt in; without it they are not handed on."""

    SLUG = "mark-failed"
    FACTS = _facts("problem")


class RedactionImpossible(AdapterError):
    """Faces must be made unreadable and cannot be found here: no picture is handed on."""

    SLUG = "redaction-impossible"
    FACTS = _facts("problem")


class HostilePath(AdapterError):
    """A name that leads out of the source, through a link or to something that is no file."""

    SLUG = "hostile-path"
    FACTS = _facts("path")


class InvalidIndex(AdapterError):
    """The list of recordings that lies beside them cannot be read; `line` says where."""

    SLUG = "index-unreadable"
    FACTS = _facts("file", "line")


class InvalidOption(AdapterError, Invalid):
    """An option of the source has a value that cannot be; `pointer` says which."""

    SLUG = "invalid-option"
    FACTS = _facts("option", "reason")
    kind = Invalid.kind


class MissingOption(InvalidOption):
    """An option that must be there is not."""

    SLUG = "missing-option"
    FACTS = _facts("option")


class UnknownOption(InvalidOption):
    """An option that the adapter does not have."""

    SLUG = "unknown-option"
    FACTS = _facts("option", "known")


class InvalidPattern(InvalidOption):
    """A pattern of file names that cannot be read."""

    SLUG = "invalid-pattern"
    FACTS = _facts("option", "part")


class UnknownAdapter(AdapterError, Invalid):
    """No adapter of this name is installed."""

    SLUG = "unknown-adapter"
    FACTS = _facts("adapter", "installed")
    kind = Invalid.kind


class AdapterNotLoadable(AdapterError):
    """The adapter is installed and cannot be imported, mostly for want of another package."""

    SLUG = "adapter-not-loadable"
    FACTS = _facts("adapter", "package", "problem")


class AdapterBroken(AdapterError):
    """The adapter failed in a way it should not, or answered something that cannot be true."""

    SLUG = "adapter-broken"
    FACTS = _facts("adapter", "problem")


def stamp(instant: datetime) -> str:
    """Return the instant as ISO 8601 in UTC, to the millisecond."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shipped() -> dict[str, type[AdapterError]]:
    """Return every class of this file by its slug."""
    classes = (thing for thing in globals().values() if isinstance(thing, type))
    return {kind.SLUG: kind for kind in classes if issubclass(kind, AdapterError) and kind.SLUG}
