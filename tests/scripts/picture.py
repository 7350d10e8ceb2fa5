#!/usr/bin/env python3
"""Takes the picture of the README: the charts of a report in Chromium: picture.py REPORT.html PICTURE.png

Needs tests/browser/requirements.txt and Chromium; run it by tests/scripts/python.sh.
"""

import os
import pathlib
import shutil
import sys

from playwright.sync_api import sync_playwright

WIDTH = 1000


def main(report: pathlib.Path, picture: pathlib.Path) -> None:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        page.goto(report.resolve().as_uri())
        page.wait_for_function("document.getElementById('subtitle').textContent !== ''")
        top = page.get_by_role("heading", name="Load").bounding_box()["y"] - 8
        fleet = page.locator("#fleet-chart").bounding_box()
        clip = {"x": 20, "y": top, "width": WIDTH - 40, "height": fleet["y"] + fleet["height"] - top}
        page.screenshot(path=picture, clip=clip, full_page=True)
        browser.close()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
