"""The page of the service as a person meets it: numbers, reasons, a zone, a phone, an empty store, a dead source."""

import json
import pathlib
import subprocess
import urllib.request

import pytest
from playwright.sync_api import expect

ROOT = pathlib.Path(__file__).resolve().parents[2]


def serve(kind):
    """A sample service and its address; it ends with its input."""
    command = ["cargo", "run", "--quiet", "--release", "-p", "forescale-server", "--example", "sample_service", "--", kind]
    service = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return service, service.stdout.readline().strip()


@pytest.fixture(scope="module", params=[""])
def service(request):
    process, address = serve(request.param)
    yield address
    process.stdin.close()
    process.wait(timeout=20)


@pytest.fixture
def visit(browser):
    """Opens a page of a service; at the end fails on any error of the page or a request to anywhere else.

    `expected` is what the console may say.
    """
    complaints, contexts = [], []

    def open_one(address, path="/", expected="nothing", **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: expected in said.text or complaints.append(f"console: {said.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", lambda sent: sent.url.startswith(address) or complaints.append(f"request: {sent.url}"))
        page.goto(address + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def asked(address, path):
    with urllib.request.urlopen(f"{address}/api/v1/targets/{path}") as answer:
        return json.load(answer)


def test_targets_stand_there_at_a_glance_and_open_with_their_numbers(service, visit):
    page = visit(service)
    expect(page.locator("#targets li")).to_have_count(2)
    page.get_by_role("link", name="web-shop").click()
    expect(page.locator("#target-title")).to_have_text("web-shop")
    plan = asked(service, "web-shop/plan")
    expect(page.locator("#target-lead")).to_contain_text(f"{plan['instances']} instances: {plan['reason']}")
    expect(page.locator("#plan tbody tr")).to_have_count(len(asked(service, "web-shop/reasons")))
    expect(page.locator("#accuracy tbody tr").first).to_be_visible()
    expect(page.locator("#load-chart canvas")).to_be_visible()


def test_events_and_running_instances_are_shown_where_they_are_known(service, visit):
    page = visit(service, "/#web-shop")
    expect(page.locator("#calendar tbody tr")).to_have_count(1)
    expect(page.locator("#calendar tbody")).to_contain_text("sale")
    expect(page.locator("#fleet-legend")).to_contain_text("Running")
    counted = asked(service, "web-shop")["counted"]
    assert len(counted) > 2 and all(33 <= row["instances"] <= 36 for row in counted), counted
    page = visit(service, "/#search")
    expect(page.locator("#calendar")).to_contain_text("No holiday or event is near.")
    expect(page.locator("#fleet-legend")).to_be_empty()


def test_the_backtest_and_the_replay_are_shown_as_they_are_answered(service, visit):
    page = visit(service, "/#web-shop")
    backtest, replay = (asked(service, f"web-shop/{what}")["result"] for what in ("backtest", "replay"))
    expect(page.locator("#backtest tbody tr").first).to_contain_text(backtest["predictors"][0]["predictor"])
    expect(page.locator("#backtest-lead")).to_contain_text(f"{len(backtest['origins'])} forecasts of 6 h")
    rows = page.locator("#replay tbody tr")
    expect(rows).to_have_count(len(replay["policies"]) + 1)
    for row, policy in zip(rows.all(), replay["policies"]):
        expect(row.locator("td").first).to_have_text(policy["policy"])
        expect(row).to_contain_text("kept" if policy["scores"]["kept_budget"] else "missed")
    expect(rows.last).to_contain_text("clairvoyant")
    # The longest bar is the dearest policy, and the bound is shorter than it.
    widths = [row.locator(".bar").bounding_box()["width"] for row in rows.all()]
    hours = [policy["scores"]["instance_hours"] for policy in replay["policies"]]
    assert widths.index(max(widths)) == hours.index(max(hours)) and widths[-1] < max(widths)


def test_why_there_is_no_replay_is_said(service, visit):
    page = visit(service, "/#search")
    assert asked(service, "search/replay")["state"] == "off"
    expect(page.locator("#replay")).to_contain_text("look-back is 0")
    expect(page.locator("#backtest")).to_contain_text("look-back is 0")


def test_a_reason_shows_on_hover(service, visit):
    page = visit(service, "/#web-shop")
    plot = page.locator("#fleet-chart .u-over")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.5 * box["height"])
    expect(page.locator("#fleet-chart .tip .why")).to_contain_text("needs")


def test_charts_zoom_by_buttons_and_keys(service, visit):
    page = visit(service, "/#web-shop")
    expect(page.locator("#range")).not_to_be_empty()
    before = page.locator("#range").text_content()
    page.get_by_role("button", name="Zoom in").click()
    expect(page.locator("#range")).not_to_have_text(before)
    page.locator("#load-chart").press("0")
    expect(page.locator("#range")).to_have_text(before)
    page.locator("#load-chart").press("ArrowRight")
    expect(page.locator("#readout")).to_contain_text("Load")


def test_times_follow_the_zone(service, visit):
    page = visit(service, "/#web-shop")
    cell = page.locator("#plan tbody td").first
    expect(page.locator("#zone")).to_have_value("Europe/Berlin")
    berlin = cell.text_content()
    page.locator("#zone").select_option("UTC")
    expect(cell).not_to_have_text(berlin)


def test_a_phone_needs_no_sideways_scrolling_and_dark_is_dark(service, visit):
    page = visit(service, "/#web-shop", viewport={"width": 360, "height": 740}, color_scheme="dark")
    expect(page.locator("#load-chart canvas")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_api_can_be_tried(service, visit):
    page = visit(service, "/api")
    route = page.locator(".route").filter(has_text="GET /api/v1/targets/{name}/plan").first
    route.locator("input").first.fill("web-shop")
    route.get_by_role("button", name="Try it").click()
    expect(route.locator("pre")).to_contain_text('"target": "web-shop"')


@pytest.mark.parametrize("service", ["empty"], indirect=True)
def test_an_empty_service_says_what_to_do(service, visit):
    page = visit(service)
    expect(page.locator("#targets")).to_contain_text("Add a [[target]]")


@pytest.mark.parametrize("service", ["dead"], indirect=True)
def test_a_dead_source_is_named_as_text(service, visit):
    page = visit(service, "/#web-shop")
    expect(page.locator("#targets .state").first).to_have_text("stale")
    expect(page.locator("#targets .why").first).to_contain_text("<b>connection refused</b>")
    expect(page.locator("#warnings")).to_contain_text("<b>connection refused</b>")
    assert page.locator("#warnings b").count() == 0


@pytest.mark.parametrize("service", ["guarded"], indirect=True)
def test_a_guarded_service_shows_nothing_until_it_gets_its_token(service, visit):
    page = visit(service, expected="401 (Unauthorized)")
    form, targets = page.locator("#login"), page.locator("#targets li")
    expect(form).to_be_visible()
    expect(page.locator("#messages")).to_have_text("This service asks for a token.")
    expect(targets).to_have_count(0)
    page.get_by_label("Token").fill("a wrong secret of some length")
    with page.expect_response(lambda answer: answer.url.endswith("/api/v1/targets")) as answer:
        page.get_by_role("button", name="Go on").click()
    assert answer.value.status == 401
    expect(form).to_be_visible()
    expect(targets).to_have_count(0)
    page.get_by_label("Token").fill("a secret of some length")
    page.keyboard.press("Enter")
    expect(targets).to_have_count(2)
    expect(form).to_be_hidden()
    expect(page.locator("#messages")).to_be_empty()
    # It stays in its tab: not in the address, and not for the next visitor.
    assert "secret" not in page.url
    page.reload()
    expect(targets).to_have_count(2)
    other = visit(service, expected="401 (Unauthorized)")
    expect(other.locator("#login")).to_be_visible()


@pytest.mark.parametrize("service", ["guarded"], indirect=True)
def test_the_api_of_a_guarded_service_is_tried_with_its_token(service, visit):
    page = visit(service, "/api", expected="401 (Unauthorized)")
    route = page.locator(".route").filter(has_text="GET /api/v1/targets").first
    route.get_by_role("button", name="Try it").click()
    expect(route.get_by_role("region", name="Answer of GET /api/v1/targets")).to_contain_text("401")
    page.get_by_label("Token").fill("a secret of some length")
    page.get_by_role("button", name="Use it").click()
    route.get_by_role("button", name="Try it").click()
    expect(route.locator("pre")).to_contain_text('"name": "web-shop"')


@pytest.mark.parametrize("path, last", [("/#web-shop", "#runs tbody tr"), ("/api", ".route input")])
def test_every_control_has_a_name(service, visit, path, last):
    page = visit(service, path)
    expect(page.locator(last).first).to_be_visible()
    controls = page.locator("a, button, input, select, summary, [tabindex='0']")
    assert controls.count() > 10
    nameless = controls.evaluate_all(
        """all => all.filter(e => !(e.textContent.trim() || e.getAttribute("aria-label")
            || [...e.labels ?? []].some(label => label.textContent.trim()))).map(e => e.outerHTML)"""
    )
    assert nameless == []
