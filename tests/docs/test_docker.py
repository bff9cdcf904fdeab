"""The image without an engine: its steps run as plain commands; the docker client reads the compose files."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml

from broker.web.api.sources import health
from tests.architecture.sources import PACKAGES, ROOT, named, project_files

DOCKER = ROOT / "docker"
BUILD = DOCKER / "build.sh"
SECRETS = dict.fromkeys(("DATABASE_PASSWORD", "DATABASE_OWNER_PASSWORD", "S3_KEY", "S3_SECRET"), "0123456789abcdef")
PLAIN = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    answer = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=PLAIN | {"HOME": str(cwd)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def steps() -> list[list[str]]:
    """Return the steps of build.sh in the order in which the Dockerfile takes them."""
    text = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    return [found.split() for found in re.findall(r"^RUN docker/build\.sh (.*)$", text, re.MULTILINE)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("image")


@pytest.fixture(scope="module")
def wheel(place: Path) -> Path:
    """Build the wheel with the step of the image, and the backend that is installed here."""
    run(BUILD, "wheel", sys.executable, place / "wheel", cwd=place)
    (found,) = (place / "wheel").glob("*.whl")
    return found


@pytest.fixture(scope="module")
def venv(place: Path, wheel: Path) -> Path:
    """Install the wheel with the step of the image, over the libraries of this environment instead of fresh ones."""
    made = place / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", made, cwd=place)
    libraries = place / "libraries"
    libraries.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "xueliang" not in entry.name:  # the checkout itself, installed in place
            (libraries / entry.name).symlink_to(entry)
    (site,) = made.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    run(BUILD, "program", made, wheel.parent, cwd=place)
    return made


def test_the_image_takes_every_step_in_order() -> None:
    assert [step[0] for step in steps()] == ["libraries", "tools", "wheel", "program"]
    copied = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    for package in PACKAGES:
        assert f"COPY {package} {package}" in copied


def test_the_build_backend_is_pinned_whole() -> None:
    (names,) = re.findall(r'^backend=" (.*) "$', BUILD.read_text(encoding="utf-8"), re.MULTILINE)
    lock = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    needed = set(_with_needs("hatchling"))
    assert needed <= set(names.split())
    for name in names.split():
        assert re.search(rf"^{name}==", lock, re.MULTILINE), name


def _with_needs(name: str) -> Iterator[str]:
    yield name
    for need in requires(name) or ():
        wanted, _, marker = need.partition(";")
        if "extra ==" not in marker and "python_version" not in marker:
            yield from _with_needs(re.split(r"[ \[<>=!~]", wanted)[0])


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    files = {named(path) for path in project_files() if named(path).split("/")[0] in PACKAGES}
    client = {name for name in files if name.startswith(("broker/web/client/", "broker/web/build_hook.py"))}
    assert client & inside == set()
    assert sorted(files - client - inside) == []
    assert {".po", ".conf", ".csv", ".sql", ".mako"} <= {Path(name).suffix for name in inside}


def test_the_wheel_holds_the_console(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("broker/web/static/dist/manifest.json"))
    for hashed in manifest.values():
        assert {f"broker/web/static/dist/{hashed}{form}" for form in ("", ".gz", ".br")} <= set(names)
    assert [name for name in names if "node_modules" in name] == []


def test_the_installed_program_answers(venv: Path, place: Path) -> None:
    assert "serve" in run(venv / "bin" / "xueliang", "--help", cwd=place)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_come_from_the_wheel(package: str, venv: Path, place: Path) -> None:
    found = run(venv / "bin" / "python", "-c", f"import {package}; print({package}.__file__)", cwd=place)
    assert Path(found.strip()).is_relative_to(venv)


def test_the_health_check_asks_a_route_that_is_there() -> None:
    (asked,) = re.findall(r"\}(/health/[a-z]+)'", (DOCKER / "Dockerfile").read_text(encoding="utf-8"))
    assert asked in {getattr(route, "path", "") for route in health.router.routes}


@pytest.mark.parametrize("name", ["compose.yaml", "compose.scaled.yaml"])
def test_what_compose_files_mount_is_there(name: str) -> None:
    services = yaml.safe_load((DOCKER / name).read_text(encoding="utf-8"))["services"]
    for service in services.values():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert (DOCKER / source).is_file(), source


@pytest.mark.parametrize("name", ["compose.yaml", "compose.scaled.yaml"])
def test_the_docker_client_reads_the_compose_files(name: str, tmp_path: Path) -> None:
    try:
        run("docker", "compose", "version", cwd=tmp_path)
    except (AssertionError, FileNotFoundError):
        pytest.skip("the docker client with its compose plugin is not here")
    config = run("docker", "compose", "-f", DOCKER / name, "config", "--format", "json", cwd=tmp_path, **SECRETS)
    assert "xueliang:local" in config


def test_no_secret_has_a_default() -> None:
    text = (DOCKER / "compose.scaled.yaml").read_text(encoding="utf-8")
    for name in SECRETS:
        assert re.findall(rf"\$\{{{name}\b(.{{0,2}})", text)
        assert set(re.findall(rf"\$\{{{name}(..)", text)) == {":?"}
