"""A real browser before a running Placecard; skipped, with the reason, where there is none."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.machine import Machine

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
EDGES = """[...document.querySelectorAll(".masthead .wrap, main.wrap, .footer .wrap")]
  .map((part) => part.getBoundingClientRect().left)"""
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium, as installed on the machine."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield running
        running.close()


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A running Placecard that keeps its mail in a folder."""
    running = Machine(tmp_path_factory.mktemp("browsed"))
    yield running
    running.stop()


@pytest.fixture(
    params=[(1280, "light", True), (320, "dark", True), (320, "light", False)], ids=["wide", "narrow dark", "no script"]
)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A fresh page: on a wide screen, on a narrow dark one, and without JavaScript."""
    width, scheme, script = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=script, locale="en-GB"
    )
    context.set_default_timeout(8000)
    yield context.new_page()
    context.close()


@pytest.fixture
def finds_no_barrier(request: pytest.FixtureRequest) -> Callable[[Page], None]:
    """Let axe-core look at a page as it stands: no violation, nothing to scroll sideways for, and one left edge.

    axe-core waits for timers, which never fire where JavaScript is off; there only the width is checked.
    """
    _, _, script = request.node.callspec.params["page"]

    def look(page: Page) -> None:
        page.wait_for_load_state()  # with its style: without, widths and colours are others
        width = page.viewport_size["width"] if page.viewport_size else 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
        edges = page.evaluate(EDGES)
        assert max(edges) - min(edges) < 1, f"masthead, main and footer begin at {edges}"
        if not script:
            return
        page.evaluate(AXE.read_text())
        found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        told = [f"{one['id']}: {one['help']} {[node['html'] for node in one['nodes']]}" for one in found["violations"]]
        assert told == []

    return look


@pytest.fixture(scope="session")
def organisers_cookies(browser: Browser, machine: Machine) -> Any:
    """The cookies of an organiser who has signed in, once: how often one may is limited."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{machine.base}/console/sign-in")
    page.get_by_label("E-mail address").fill(machine.environment["ORGANISER_EMAIL"])
    page.get_by_label("Password").fill(machine.environment["ORGANISER_PASSWORD"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Mail problems").wait_for()
    yield context.cookies()
    context.close()


@pytest.fixture
def console(page: Page, machine: Machine, organisers_cookies: Any) -> Page:
    """A fresh page on the console's list of events, signed in."""
    page.context.add_cookies(organisers_cookies)
    page.goto(f"{machine.base}/console/")
    return page
