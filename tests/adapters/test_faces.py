"""Faces are covered in every picture that shows one, or there is no picture at all; the face here is drawn."""

from collections.abc import Callable
from datetime import timedelta
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame

from adapters.errors import RedactionImpossible
from adapters.gateway import Gateway
from adapters.media import face_model
from adapters.media.copies import marked, treated
from adapters.media.face_model import FACE_MODEL, find, redacts
from adapters.media.faces import Detector, Face, seen, with_faces
from broker.domain.footage.media import ClipAsk, SnapshotAsk, Treatment
from tests.adapters.films import Pixels, face, films_of, frames_of, given_to_the_encoder, street, stretch, write_film
from tests.adapters.recordings import CHANNEL, START, Recording, at, span

REDACTED = Treatment(faces=True)
SIZE = 40


@pytest.fixture
def weights() -> None:
    try:
        find()
    except RedactionImpossible as error:
        pytest.skip(f"the weights of the face detector are not here: {error}")


def absent(name: str) -> object:
    raise PackageNotFoundError(name)


def scene(number: int) -> Pixels:
    """A person walks through the picture from the eighth to the 32nd frame."""
    picture = np.full((360, 640, 3), (120, 130, 125), np.uint8)
    picture[200:] = street(640, 160)
    if 8 <= number < 32:
        left = place(number)
        picture[60 : 60 + 2 * SIZE, left : left + 2 * SIZE] = face(SIZE)
    return picture


def place(number: int) -> int:
    return 100 + 6 * (number - 8)


@pytest.mark.usefixtures("weights")
def test_a_face_is_covered_in_every_picture_and_the_rest_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_film(tmp_path / "walk.mp4", frames_of(40, scene), fps=20)
    film = stretch(source, START, 2)
    with given_to_the_encoder(monkeypatch) as bare:
        marked([film], span(0, 2), tmp_path, lambda _: None, Treatment(longest_side=8000))
    with given_to_the_encoder(monkeypatch) as covered:
        (piece,) = marked([film], span(0, 2), tmp_path, lambda _: None, REDACTED)
    assert piece.capture.notes == ("faces-by-detector",)
    assert piece.capture.frames == len(covered) == 40
    for number, (before, after) in enumerate(zip(bare, covered, strict=True)):
        assert np.array_equal(before[0][220:], after[0][220:]), "what is far from any face stays"
        if 8 <= number < 32:
            middle = place(number) + SIZE
            features = after[0][88:120, middle - 14 : middle + 14]
            assert (features == 16).all(), f"eyes, nose and mouth in picture {number}"
        if number < 4:
            assert np.array_equal(before[0], after[0]), "nobody is there yet"


@pytest.mark.usefixtures("weights")
def test_a_snapshot_is_redacted_too() -> None:
    after = treated(scene(10), at(0), REDACTED)
    middle = place(10) + SIZE
    assert (after[88:120, middle - 14 : middle + 14] == 0).all()
    assert np.array_equal(after[220:], scene(10)[220:])
    assert np.array_equal(treated(scene(0), at(0), REDACTED), scene(0))


class Now(Detector):
    """Finds what it is told to find, look by look."""

    def __init__(self, *looks: list[Face]) -> None:
        self._looks = list(looks)
        self.asked = 0

    def faces(self, picture: Pixels) -> list[Face]:  # noqa: ARG002 - the detector's signature
        self.asked += 1
        return self._looks[self.asked - 1] if self.asked <= len(self._looks) else []


def test_a_face_is_covered_from_the_look_before_to_two_looks_after() -> None:
    one, other = Face(0.1, 0.1, 0.2, 0.2), Face(0.5, 0.5, 0.6, 0.6)
    detector = Now([], [one], [], [], [other])
    frames = [(VideoFrame(64, 64, "yuv420p"), START + timedelta(milliseconds=25 * it)) for it in range(30)]
    found = [covered for _, _, covered in with_faces(frames, detector)]
    assert detector.asked == 6
    assert [one in covered for covered in found] == [it < 15 for it in range(30)]
    assert [other in covered for covered in found] == [it >= 15 for it in range(30)]


def test_the_detector_sees_a_smaller_picture_of_the_same_shape() -> None:
    assert seen(320, 180) == (320, 180)
    assert seen(1920, 1080) == (653, 367)
    assert seen(3840, 2160) == (1306, 734)
    assert Face(0.0, 0.9, 0.01, 1.0).rectangle(331, 203) == (slice(182, 203), slice(0, 4))


@pytest.mark.parametrize("lacking", ["package", "file named", "file that is none"])
def test_without_the_weights_there_is_no_picture(
    lacking: str, recording: Callable[[str], Recording], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    garbage = tmp_path / "garbage.onnx"
    garbage.write_bytes(b"not a network")
    if lacking == "package":
        monkeypatch.delenv(FACE_MODEL, raising=False)
        monkeypatch.setattr(face_model, "distribution", absent)
    else:
        monkeypatch.setenv(FACE_MODEL, "/nowhere/at.all" if lacking == "file named" else str(garbage))
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(RedactionImpossible, match="redaction-impossible"):
        marked(films_of(recording("cfr").files), span(1, 2), out, lambda _: None, REDACTED)
    with pytest.raises(RedactionImpossible):
        treated(street(320, 180), at(0), REDACTED)
    assert not any(out.iterdir())
    assert redacts(garbage)
    assert not redacts(tmp_path / "absent.onnx")
    assert redacts(None) is (lacking != "package")


def test_the_setting_reaches_the_sandbox(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    gateway = Gateway(timedelta(seconds=60), 2 * 1024**3, face_model=tmp_path / "absent.onnx")
    options = {"folder": str(recording("cfr").folder)}
    for ask in (ClipAsk(CHANNEL, span(1, 2), REDACTED), SnapshotAsk(CHANNEL, at(1), REDACTED)):
        with pytest.raises(RedactionImpossible):
            gateway.fetch("local_files", options, ask, tmp_path, on_progress=lambda _: None, aborted=lambda: False)
    assert not any(tmp_path.iterdir())


@pytest.mark.usefixtures("weights")
def test_redaction_fits_into_the_sandbox(
    gateway: Gateway, recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    options = {"folder": str(recording("cfr").folder)}
    ask = ClipAsk(CHANNEL, span(1, 2), REDACTED)
    fetched = gateway.fetch("local_files", options, ask, tmp_path, on_progress=lambda _: None, aborted=lambda: False)
    assert [(piece.capture.frames, piece.capture.notes) for piece in fetched.pieces] == [(10, ("faces-by-detector",))]
    still = SnapshotAsk(CHANNEL, at(1), REDACTED)
    fetched = gateway.fetch("local_files", options, still, tmp_path, on_progress=lambda _: None, aborted=lambda: False)
    assert [piece.capture.notes for piece in fetched.pieces] == [("faces-by-detector",)]
