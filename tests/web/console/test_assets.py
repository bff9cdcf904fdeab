"""Scripts and styles: named by what is in them, kept for a year, small; the pages do without them."""

import gzip
import json
from pathlib import Path

import pytest

from broker.web.console import assets
from tests.architecture.sources import ROOT
from tests.web.console.conftest import Enter

SCRIPT_LIMIT = 40 * 1024
MAP_LIMIT = 250 * 1024  # bytes of a page with a map, packed

bundled = pytest.mark.skipif(
    not (assets.FOLDER / "manifest.json").is_file(), reason="the console is not bundled here: npm reached no registry"
)


@bundled
def test_assets_are_kept_for_a_year_and_told_apart_by_name(hall: Enter) -> None:
    person = hall("asker")
    page = person.get("/inbox")
    found = [given.get("src") or given.get("href", "") for tag, given in page.tags if tag in {"script", "link"}]
    assert len(found) == 3
    for place in found:
        answer = person.client.get(place, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == assets.FOREVER
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["vary"] == "Accept-Encoding"
        tag = answer.headers["etag"]
        assert person.client.get(place, headers={"If-None-Match": tag}).status_code == 304
        plain = person.client.get(place, headers={"Accept-Encoding": "identity"})
        assert plain.content == answer.content
        assert "content-encoding" not in plain.headers


@bundled
@pytest.mark.parametrize("name", ["manifest.json", "stamp", "THIRD_PARTY.txt", "..%2fmanifest.json", "app.js", "%00"])
def test_nothing_else_is_handed_out(hall: Enter, name: str) -> None:
    assert hall().client.get(f"/assets/{name}").status_code in {404, 422}


@bundled
def test_the_bundle_is_small_and_names_its_licences() -> None:
    sizes = {name: (assets.FOLDER / f"{hashed}.gz").stat().st_size for name, hashed in assets.manifest().items()}
    assert sizes["app.js"] <= SCRIPT_LIMIT
    assert sizes["app.js"] + sizes["app.css"] + sizes["map.js"] + sizes["map.css"] <= MAP_LIMIT
    of_pages = {path.name.replace(".ts", ".js") for path in (ROOT / "broker/web/client/src/pages").iterdir()}
    assert set(sizes) == {"app.js", "app.css", "favicon.svg"} | of_pages
    for hashed in assets.manifest().values():
        assert gzip.decompress((assets.FOLDER / f"{hashed}.gz").read_bytes()) == (assets.FOLDER / hashed).read_bytes()
    assert "htmx.org" in (assets.FOLDER / "THIRD_PARTY.txt").read_text(encoding="utf-8")


@bundled
def test_the_bundle_asks_no_other_host_and_evaluates_nothing() -> None:
    script = (assets.FOLDER / assets.manifest()["app.js"]).read_text(encoding="utf-8")
    style = (assets.FOLDER / assets.manifest()["app.css"]).read_text(encoding="utf-8")
    assert "url(" not in style
    assert "allowEval=!1" in script
    assert "sourceMappingURL" not in script


def test_pages_do_without_the_bundle(hall: Enter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    assets.manifest.cache_clear()
    try:
        page = hall("asker").get("/inbox")
    finally:
        monkeypatch.undo()
        assets.manifest.cache_clear()
    assert page.status == 200
    assert "not bundled" in page.text
    assert "script" not in {tag for tag, _ in page.tags}


def test_the_lock_names_no_host_and_pins_every_file() -> None:
    client = Path(assets.__file__).parents[1] / "client"
    lock = json.loads((client / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: about for name, about in lock["packages"].items() if name}
    assert [name for name, about in packages.items() if "resolved" in about] == []
    assert [name for name, about in packages.items() if not about["integrity"].startswith("sha512-")] == []
    wanted = json.loads((client / "package.json").read_text(encoding="utf-8"))
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert packages[f"node_modules/{name}"]["version"] == version
