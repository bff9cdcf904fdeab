"""A browser on a machine without a graphics processor: nothing of WebGL is there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright

from tests.web.console.browsing import CHROMIUM, FLAGS


@pytest.fixture(scope="module")
def flat_browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--disable-3d-apis"])
    yield opened
    opened.close()
