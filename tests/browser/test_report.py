"""The report page as a person meets it: numbers, zoom, themes, zones, keyboard, a phone."""

import json
import re

import pytest
from playwright.sync_api import expect


def island(page):
    return json.loads(page.locator("#data").text_content())


def shown(page):
    """The range of time that is shown. Charts redraw after the event, so a test waits for its text."""
    return page.locator("#range")


def over(page, chart="#load-chart"):
    plot = page.locator(f"{chart} .u-over")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    return lambda x, y=0.5: (box["x"] + x * box["width"], box["y"] + y * box["height"])


def test_the_tiles_and_the_plan_show_the_numbers_of_the_data(open_page):
    page = open_page()
    data = island(page)
    rows = data["plan"]["rows"]
    assert page.title() == "Web shop"
    assert page.locator("#plan tbody tr").count() == len(rows)
    first = page.locator("#plan tbody tr").nth(0).locator("th, td").all_text_contents()
    assert first[0] == "Wed 25 Mar 10:00"
    assert first[3].startswith(str(rows[0]["instances"]))
    assert first[7] == rows[0]["reason"]
    tiles = dict(zip(page.locator("#tiles dt").all_text_contents(), page.locator("#tiles dd:nth-of-type(1)").all_text_contents()))
    assert tiles["Instances now"] == str(rows[0]["instances"])
    assert tiles["Most instances"] == str(max(data["plan"]["serving"]["instances"]))
    hours = tiles["Instance hours"]
    assert float(hours) == pytest.approx(instance_hours(data), rel=1e-3)


def instance_hours(data):
    serving = data["plan"]["serving"]
    ends = [*serving["time"][1:], data["forecast"]["end"]]
    return sum(n * (end - start) / 3.6e6 for start, end, n in zip(serving["time"], ends, serving["instances"]))


def test_the_backtest_says_in_words_what_beats_seasonal_naive(open_page):
    page = open_page()
    cells = page.locator("#backtest tbody tr").nth(0).locator("th, td").all_text_contents()
    assert cells == ["ensemble", "0-1h", "0.0311", "0.610", "0.64 better", "80.4 %", "95.1 %"]
    assert "1.14 worse" in page.locator("#backtest").text_content()
    assert "it returned NaN at 1 of 12 origins" in page.locator("#members").text_content()


def test_the_charts_draw_something(open_page):
    page = open_page()
    for chart in ["#load-chart", "#fleet-chart"]:
        colours = page.evaluate(
            """chart => {
                const canvas = document.querySelector(chart + " canvas");
                const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                const seen = new Set();
                for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3]) seen.add(pixels[i] >> 5 << 10 | pixels[i + 1] >> 5 << 5 | pixels[i + 2] >> 5);
                return seen.size;
            }""",
            chart,
        )
        assert colours > 3, chart


def test_wheel_and_drag_zoom_both_charts_and_a_double_click_resets(open_page):
    page = open_page()
    home = shown(page).text_content()
    at = over(page)
    page.mouse.move(*at(0.8))
    page.mouse.wheel(0, -300)
    expect(shown(page)).not_to_have_text(home)
    wheeled = shown(page).text_content()
    page.mouse.move(*at(0.3))
    page.mouse.down()
    page.mouse.move(*at(0.5), steps=5)
    page.mouse.up()
    expect(shown(page)).not_to_have_text(home)
    expect(shown(page)).not_to_have_text(wheeled)
    page.mouse.dblclick(*at(0.5))
    expect(shown(page)).to_have_text(home)


def test_the_buttons_choose_the_range(open_page):
    page = open_page()
    page.get_by_role("button", name="Forecast", exact=True).click()
    expect(shown(page)).to_have_text("Wed 25 Mar 10:00 to Thu 26 Mar 10:00")
    page.get_by_role("button", name="All").click()
    expect(shown(page)).to_have_text("Wed 11 Mar 10:00 to Thu 26 Mar 10:00")
    page.get_by_role("button", name="Zoom in").click()
    expect(shown(page)).not_to_have_text("Wed 11 Mar 10:00 to Thu 26 Mar 10:00")


def test_the_cursor_is_shared_and_the_tip_gives_the_reason(open_page):
    page = open_page()
    page.get_by_role("button", name="Forecast", exact=True).click()
    page.mouse.move(*over(page)(0.5))
    tips = page.locator(".tip")
    expect(tips.nth(0)).to_contain_text("Median")
    expect(tips.nth(1)).to_contain_text("quantile of the load")
    assert tips.nth(0).locator("strong").text_content() == tips.nth(1).locator("strong").text_content()


def test_a_series_can_be_switched_off(open_page):
    page = open_page()
    button = page.get_by_role("button", name="95 % interval")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert button.get_attribute("aria-pressed") == "false"


def test_the_theme_follows_the_system_and_the_button(open_page):
    page = open_page(color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="Switch to light colours").click()
    assert page.evaluate(background) != dark
    assert page.get_by_role("button", name="Switch to dark colours").is_visible()


def test_the_zone_switch_changes_every_time(open_page):
    page = open_page()
    page.get_by_label("Time zone").select_option("UTC")
    assert page.locator("#plan tbody th").nth(0).text_content() == "Wed 25 Mar 09:00"
    assert "GMT" in page.locator("#subtitle").text_content()
    expect(shown(page)).to_have_text(re.compile("Thu 26 Mar 09:00$"))


def test_the_keyboard_moves_the_cursor_and_the_range(open_page):
    page = open_page()
    chart = page.get_by_role("application").nth(0)
    assert "Load in requests/s" in chart.get_attribute("aria-label")
    chart.focus()
    home = shown(page).text_content()
    page.keyboard.press("+")
    expect(shown(page)).not_to_have_text(home)
    page.keyboard.press("0")
    expect(shown(page)).to_have_text(home)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#readout")).not_to_be_empty()
    first = page.locator("#readout").text_content()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#readout")).not_to_have_text(first)
    expect(page.locator("#readout")).to_contain_text("Load")
    page.keyboard.press("Shift+ArrowLeft")
    expect(shown(page)).not_to_have_text(home)


def test_the_values_can_be_read_as_a_table(open_page):
    page = open_page()
    page.get_by_role("button", name="Forecast", exact=True).click()
    page.get_by_text("The charts as a table").click()
    rows = page.locator("#values tbody tr")
    expect(rows).to_have_count(288)
    time, load, median = rows.nth(0).locator("th, td").all_text_contents()[:3]
    assert (time, load) == ("Wed 25 Mar 10:00", "–")
    assert float(median) == pytest.approx(island(page)["forecast"]["median"][0], rel=1e-3)


def test_every_control_has_a_name_and_every_table_its_headings(open_page):
    page = open_page()
    nameless = page.evaluate(
        """[...document.querySelectorAll("button, select, summary, [tabindex='0']")]
            .filter(e => !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length)).length"""
    )
    assert nameless == 0
    for table in page.locator("section > .scroll table").all():
        assert table.locator("thead th[scope=col]").count() > 0
        assert table.locator("tbody th[scope=row]").count() == table.locator("tbody tr").count()


def test_a_phone_needs_no_sideways_scrolling_and_pans_by_touch(open_page):
    page = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    box = page.locator("#plan tbody tr").nth(0).bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    page.get_by_role("button", name="Forecast", exact=True).click()
    before, at = shown(page).text_content(), over(page)
    touch = page.context.new_cdp_session(page)
    for kind, x in [("touchStart", 0.3), ("touchMove", 0.4), ("touchMove", 0.7), ("touchEnd", None)]:
        points = [] if x is None else [dict(zip("xy", at(x)))]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(shown(page)).not_to_have_text(before)


def test_an_empty_report_leaves_its_sections_out(open_page):
    page = open_page("empty")
    for section in ["#charts", "#plan", "#backtest", "#members", "#settings"]:
        assert page.locator(section).count() == 0


def test_markup_in_the_data_stays_text(open_page):
    page = open_page("hostile")
    assert page.evaluate("window.broken") is None
    assert page.locator("h1").text_content().startswith("</script><script>")
    assert "<img" in page.locator("#messages").text_content()
    assert page.locator("img").count() == 0
