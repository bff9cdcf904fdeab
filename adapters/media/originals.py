"""Clips as they were recorded: exactly the frames of a span, copied wherever that is possible."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from hashlib import sha256
from itertools import chain
from pathlib import Path

from adapters.errors import AdapterError, NoRecording, RecordingVanished, UnreadableMedia
from adapters.media.decoding import footage
from adapters.media.smartcut.account import Account
from adapters.media.smartcut.checking import holds
from adapters.media.smartcut.coding import Coding
from adapters.media.smartcut.excerpt import CLOSEST, Excerpt
from adapters.media.smartcut.plain import Plain
from adapters.media.smartcut.reel import Reel, UnjoinableError
from adapters.media.smartcut.sound import Heard, Sound, heard
from adapters.media.smartcut.source import Source
from adapters.media.stretches import Stretch
from broker.domain.footage.media import Capture, Piece
from broker.domain.time import TimeSpan

Progress = Callable[[float], None]

CODEC_CHANGED, CUT_RECODED = "codec-changed", "cut-recoded"
SOUND_LEFT_OUT, SOUND_TRANSCODED = "sound-left-out", "sound-transcoded"
DAMAGED = "recording-damaged"


def cut(stretches: Iterable[Stretch], span: TimeSpan, folder: Path, progress: Progress, *, sound: bool) -> list[Piece]:
    """Write the frames whose instants lie in `span` as `part-1.mp4` and so on, none before and none after.

    Pictures are copied as they were coded; those between the beginning and the next key frame, and those at the end
    that need later ones, are encoded anew (`Capture.reencoded`). The beginning of the span is nought in every file and
    time stamps are true to the footage, so where nothing was recorded nothing is shown. A file that is gone or damaged
    costs its own part only, as long as another gives pictures. Memory does not depend on the length.

    Notes of a piece: `codec-changed`, it begins because the recording changed its codec, its size, its parameters or
    its sound; `cut-recoded`, all of it was encoded anew because its codec allows nothing else; `sound-transcoded`;
    `sound-left-out`, the recording has sound that was not wanted; `recording-damaged`, packets were not as they were
    written, and pictures around them are as good as a decoder can make them.

    Args:
        stretches: the files, in order of time, their spans disjoint; each is worked on before the next is asked for.
        span: what is wanted.
        folder: where the files are written.
        progress: told about once a second of footage how far into the span it has come, in seconds.
        sound: whether sound is kept.

    Raises:
        NoRecording: no file has a frame in the span.
        UnreadableMedia, RecordingVanished: no file gave a frame, and this is what is wrong with the first bad one.
    """
    rest, seen = iter(stretches), list[Stretch]()
    try:
        return _Cut(span, folder, progress, sound=sound, joining=True).pieces(_noted(rest, seen))
    except UnjoinableError:
        for file in folder.glob("part-*.mp4"):
            file.unlink()
        return _Cut(span, folder, progress, sound=sound, joining=False).pieces(chain(seen, rest))


def _noted(stretches: Iterator[Stretch], seen: list[Stretch]) -> Iterator[Stretch]:
    for stretch in stretches:
        seen.append(stretch)
        yield stretch


class _Cut:
    """One try at a clip; `joining` tells whether new pictures may stand in one track with copied ones."""

    def __init__(self, span: TimeSpan, folder: Path, progress: Progress, *, sound: bool, joining: bool) -> None:
        self._span, self._folder, self._progress = span, folder, progress
        self._with_sound, self._joining = sound, joining
        self._digest = sha256()
        self._reached = span.begin - CLOSEST
        self._reels: list[Reel] = []
        self._notes: list[list[str]] = []

    def pieces(self, stretches: Iterable[Stretch]) -> list[Piece]:
        """Return what was written.

        Raises:
            UnjoinableError: the result is not what it should be.
            AdapterError: as for `cut`.
        """
        try:
            trouble = self._taken(stretches)
            self._finish()
        except BaseException:
            for reel in self._reels[-1:]:
                reel.abandon()
            raise
        if not self._reels:
            raise trouble or NoRecording
        return [self._piece(reel, notes) for reel, notes in zip(self._reels, self._notes, strict=True)]

    def _taken(self, stretches: Iterable[Stretch]) -> AdapterError | None:
        """Take what the files have; return what is wrong with the first bad one."""
        trouble: AdapterError | None = None
        for stretch in stretches:
            share = stretch.span.overlap(self._span)
            try:
                if share:
                    self._take(stretch, share)
            except (UnreadableMedia, RecordingVanished) as error:
                trouble = trouble or error
        return trouble

    def _take(self, stretch: Stretch, share: TimeSpan) -> None:
        with ExitStack() as stack:
            film = stack.enter_context(footage(stretch))
            noise = stack.enter_context(heard(stretch)) if film.container.streams.audio else None
            sounds = stack.enter_context(closing(_sounds(noise if self._with_sound else None, share, self._span)))
            excerpt = Excerpt(film, share, self._reached, self._digest, Source(film.stream, joining=self._joining))
            pictures = stack.enter_context(closing(excerpt.pictures()))
            pending, reel = next(sounds, None), None
            for taken in pictures:
                if reel is None or taken.coding != reel.coding:
                    reel = self._fitting(taken.coding, noise, share)
                reel.add(taken)
                self._reached = max(self._reached, taken.at)
                gone = (taken.at - self._span.begin).total_seconds()
                while pending and pending.tick * pending.base <= gone:
                    reel.hear(pending)
                    pending = next(sounds, None)
            if reel and excerpt.damaged:
                self._note(DAMAGED)
            while pending and reel:
                reel.hear(pending)
                pending = next(sounds, None)

    def _fitting(self, coding: Coding, noise: Sound | None, share: TimeSpan) -> Reel:
        """Return the file that is being written or, where the pictures or the sound do not fit into it, a new one."""
        kept = noise if self._with_sound else None
        reel = self._reels[-1] if self._reels else None
        if reel is None or reel.coding != coding or reel.sound_key != (kept.key if kept else None):
            self._finish()
            target = self._folder / f"part-{len(self._reels) + 1}.mp4"
            self._notes.append([CODEC_CHANGED] if self._reels else [])
            reel = Reel(target, coding, kept, Account(self._span.begin, self._progress))
            self._reels.append(reel)
            if isinstance(coding, Plain):
                self._note(CUT_RECODED)
        if noise and not kept:
            self._note(SOUND_LEFT_OUT)
        elif kept and kept.transcoded:
            self._note(SOUND_TRANSCODED)
        reel.account.expect(share)
        return reel

    def _note(self, slug: str) -> None:
        if slug not in self._notes[-1]:
            self._notes[-1].append(slug)

    def _finish(self) -> None:
        """End the file that is being written and look whether it is what it should be."""
        for reel in self._reels[-1:]:
            reel.close()
            if not holds(reel.target, reel.written):
                raise UnjoinableError("does not decode where kinds of pictures meet")

    def _piece(self, reel: Reel, notes: list[str]) -> Piece:
        account, look = reel.account, reel.coding.look
        capture = Capture(
            media_type="video/mp4",
            container="mp4",
            codec=reel.coding.NAME,
            width=look.width,
            height=look.height,
            frames=reel.written.frames,
            first=account.first or self._span.begin,
            last=account.last or self._span.begin,
            obtained=account.obtained(),
            sound=reel.sound,
            reencoded=reel.written.reencoded,
            source_digest=self._digest.hexdigest(),
            notes=tuple(notes),
        )
        return Piece(reel.target.name, capture)


def _sounds(noise: Sound | None, share: TimeSpan, span: TimeSpan) -> Generator[Heard]:
    if noise:
        yield from noise.packets(share, span.begin)
