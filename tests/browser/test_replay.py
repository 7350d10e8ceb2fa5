"""The page of a replay as a person meets it: the table, the frontier, the curves, the worst times."""

import json

from playwright.sync_api import expect


def island(page):
    return json.loads(page.locator("#data").text_content())


def cells(page, section, row):
    return page.locator(f"{section} tbody tr").nth(row).locator("th, td").all_text_contents()


def test_the_table_shows_the_numbers_of_the_data(open_page):
    page = open_page("replay")
    data = island(page)
    assert page.title() == "Replay of Web shop"
    assert page.locator("#policies tbody tr").count() == len(data["policies"]) == 3
    assert cells(page, "#policies", 0) == ["forescale", "proactive", "1,017", "1.13", "0.04 %", "0.08 %", "41.5"]
    assert "2 of 3 had too few instances for at most 0.10 % of the time" in page.locator("#policies-lead").text_content()
    assert "37 of 4032 samples" in page.locator("#messages").text_content()


def test_every_policy_has_a_point_and_the_better_one_lies_lower(open_page):
    page = open_page("replay")
    points = page.locator("#pareto-chart circle")
    assert points.count() == 3
    height = [float(points.nth(at).get_attribute("cy")) for at in range(3)]
    assert height[0] > height[1] > height[2], "a cheaper policy stands lower on the page"
    assert page.locator("#pareto-chart path").count() == 1


def test_a_name_in_the_legend_switches_its_line(open_page):
    page = open_page("replay")
    button = page.locator("#legend button", has_text="static")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert button.get_attribute("aria-pressed") == "false"


def test_a_worst_time_is_shown_in_the_chart(open_page):
    page = open_page("replay")
    before = page.locator("#range").text_content()
    assert page.locator("#incidents tbody tr").count() == 2
    page.locator("#incidents tbody button").first.click()
    expect(page.locator("#range")).not_to_have_text(before)
    page.locator('[data-view="reset"]').click()
    expect(page.locator("#range")).to_have_text(before)


def test_the_zone_and_the_theme_can_be_switched(open_page):
    page = open_page("replay")
    berlin = page.locator("#incidents tbody button").first.text_content()
    page.select_option("#zone", "UTC")
    assert page.locator("#incidents tbody button").first.text_content() != berlin
    theme = page.evaluate("document.documentElement.dataset.theme")
    page.locator("#theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") != theme


def test_a_phone_does_not_scroll_sideways(open_page):
    page = open_page("replay", viewport={"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_names_are_text_and_never_markup(open_page):
    page = open_page("hostile-replay")
    assert page.evaluate("window.broken") is None
    assert "</script>" in page.locator("#policies tbody th").first.text_content()
