from datetime import date, timedelta

from api.pages.bars import FLOOR, WIDTH, to_bars
from hub.views.problems import Week


def weeks(*counts: int) -> list[Week]:
    return [Week(start=date(2026, 9, 7) + timedelta(weeks=n), count=count) for n, count in enumerate(counts)]


def test_bars_stand_on_one_floor_and_the_highest_count_is_the_highest() -> None:
    bars = to_bars(weeks(1, 0, 4))
    assert {round(bar.y + bar.height) for bar in bars} == {FLOOR}
    assert max(bars, key=lambda bar: bar.height).count == 4


def test_a_quiet_week_keeps_a_thin_line() -> None:
    assert to_bars(weeks(0, 0))[0].height == 2


def test_half_a_year_fits_in_the_picture() -> None:
    last = to_bars(weeks(*range(26)))[-1]
    assert last.x + last.width <= WIDTH
    assert last.label == "1 Mar"
