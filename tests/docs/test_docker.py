"""The image without an engine: what its steps name (test_wheel.py runs them), and what the compose files say."""

import re
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml

from broker.web.api.sources import health
from tests.architecture.sources import PACKAGES, ROOT
from tests.docs.installed import BUILD, run

DOCKER = ROOT / "docker"
SECRETS = dict.fromkeys(("DATABASE_PASSWORD", "DATABASE_OWNER_PASSWORD", "S3_KEY", "S3_SECRET"), "0123456789abcdef")


def steps() -> list[list[str]]:
    """Return the steps of build.sh in the order in which the Dockerfile takes them."""
    text = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    return [found.split() for found in re.findall(r"^RUN docker/build\.sh (.*)$", text, re.MULTILINE)]


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
