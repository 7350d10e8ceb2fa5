"""Pages of the sample report in a real Chromium, one browser for all tests.

`CHROMIUM` names the browser when it is not `chromium` on the path. The browser gets a fresh profile and may not
use the network.
"""

import os
import pathlib
import shutil
import subprocess

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def sample(*words):
    """The HTML that the example prints."""
    command = ["cargo", "run", "--quiet", "--release", "-p", "forescale-report", "--example", "sample", "--"]
    return subprocess.run([*command, *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Paths of the sample pages by name."""
    folder = tmp_path_factory.mktemp("pages")
    made = {}
    for name in ["page", "empty", "hostile", "replay", "hostile-replay"]:
        made[name] = folder / f"{name}.html"
        made[name].write_text(sample(name), encoding="utf-8")
    return made


@pytest.fixture(scope="session")
def browser():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert path, "chromium should be on the path, or CHROMIUM should name it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, pages):
    """Opens a sample page; at the end fails on any error of the page or any request but for the page itself."""
    complaints, contexts = [], []

    def open_one(name="page", **options):
        address = pages[name].as_uri()
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", lambda request: request.url == address or complaints.append(f"request: {request.url}"))
        page.goto(address)
        expect(page.locator("#subtitle")).not_to_be_empty()
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []
