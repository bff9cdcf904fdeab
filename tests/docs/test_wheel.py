"""What a wheel holds, and that it works where neither the checkout nor Node nor npm is.

In every run it is built as the image builds it, and served over a database that is there; `make proofs` builds it from
clean sources on a machine without any program, and has it make its database itself.
"""

import json
import re
import zipfile
from pathlib import Path

import httpx
import pytest

from broker.bootstrap import Broker
from tests.architecture.sources import PACKAGES, named, project_files
from tests.docs.installed import built, built_alone, installed, poor, run, served
from tests.proofs import FULL
from tests.web.door import NOBODY

FOR_AUTHORS = {"adapters.conformance", "adapters.fault_conformance"}
"""Tests for whoever writes an adapter, who has pytest."""

EACH = """
import importlib, pkgutil
for package in {packages}:
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{{package}}."):
        if "migrations." not in found.name and found.name not in {named}:
            importlib.import_module(found.name)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wheel")


@pytest.fixture(scope="module")
def wheel(place: Path) -> Path:
    return built_alone(place) if FULL else built(place)


@pytest.fixture(scope="module")
def venv(place: Path, wheel: Path) -> Path:
    return installed(wheel, place)


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    files = {named(path) for path in project_files() if named(path).split("/")[0] in PACKAGES}
    client = {name for name in files if name.startswith(("broker/web/client/", "broker/web/build_hook.py"))}
    assert client & inside == set()
    assert sorted(files - client - inside) == []
    assert {".po", ".conf", ".csv", ".sql", ".mako", ".html"} <= {Path(name).suffix for name in inside}


def test_the_wheel_holds_the_console(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("broker/web/static/dist/manifest.json"))
    assert {"app.js", "app.css", "map.js"} <= manifest.keys()
    for hashed in manifest.values():
        assert {f"broker/web/static/dist/{hashed}{form}" for form in ("", ".gz", ".br")} <= set(names)
    assert [name for name in names if "node_modules" in name] == []


def test_the_installed_program_answers(venv: Path, place: Path) -> None:
    assert "serve" in run(venv / "bin" / "xueliang", "--help", cwd=place, PATH=poor(place))


def test_the_packages_come_from_the_wheel(venv: Path, place: Path) -> None:
    asked = f"import {', '.join(PACKAGES)}; print(*({', '.join(f'{package}.__file__' for package in PACKAGES)},))"
    for found in run(venv / "bin" / "python", "-c", asked, cwd=place).split():
        assert Path(found).is_relative_to(venv)


@pytest.mark.skipif(not FULL, reason="a long proof: make proofs")
def test_every_module_works_with_what_the_lock_names(venv: Path, place: Path) -> None:
    run(venv / "bin" / "python", "-c", EACH.format(packages=PACKAGES, named=FOR_AUTHORS), cwd=place)


def test_the_installed_program_serves_its_pages(venv: Path, place: Path, broker: Broker) -> None:
    """Templates and texts in both languages, scripts and styles as they were bundled."""
    over = {} if FULL else {"XUELIANG_DATABASE_URL": broker.database_url}
    data = {"XUELIANG_DATA": str(place / "data"), "XUELIANG_LANGUAGE": "zh", **over}
    with served(venv, place, **data) as url, httpx.Client(base_url=url, trust_env=False, verify=NOBODY) as client:
        for language, said in (("zh", "登录"), ("en", "Sign in")):
            page = client.get("/sign-in", headers={"Accept-Language": language})
            assert page.status_code == 200, page.text
            assert said in page.text
        assets = set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text))
        assert {Path(asset).suffix for asset in assets} == {".js", ".css", ".svg"}
        for asset in assets:
            for encoding in ("br", "gzip", "identity"):
                answer = client.get(asset, headers={"Accept-Encoding": encoding})
                assert answer.status_code == 200
                assert answer.headers.get("Content-Encoding", "identity") == encoding
