"""Times are read in the forms that cameras and editors write, and never invented."""

import random

import pytest

from photosky.imaging.times import gps_time, parse_offset, parse_time


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024:07:14 18:03:59", "2024-07-14T18:03:59"),
        ("2024-07-14T18:03:59", "2024-07-14T18:03:59"),
        ("2024/07/14 18:03:59", "2024-07-14T18:03:59"),
        ("2024.07.14 18:03:59", "2024-07-14T18:03:59"),
        ("2024:7:4 8:3:9", "2024-07-04T08:03:09"),
        ("2024: 7: 4  8: 3: 9", "2024-07-04T08:03:09"),
        (" 2024:07:14 18:03:59 ", "2024-07-14T18:03:59"),
        ("2024-07-14T18:03", "2024-07-14T18:03:00"),
    ],
)
def test_separators_and_padding_are_free(text: str, time: str) -> None:
    assert parse_time(text) == time


@pytest.mark.parametrize(
    ("suffix", "offset"),
    [
        ("+0000", "+00:00"),
        ("-0000", "+00:00"),
        ("+08:00", "+08:00"),
        ("+0800", "+08:00"),
        (" +0800", "+08:00"),
        ("-03:30", "-03:30"),
        ("+08", "+08:00"),
        ("+14:00", "+14:00"),
        ("Z", "Z"),
        ("z", "Z"),
        (" UTC", "Z"),
        (" GMT", "Z"),
        (" EST", "-05:00"),
        (".123", ""),
        (".123456+02:00", "+02:00"),
        (",5Z", "Z"),
        (".00Z", "Z"),
        (" DST", ""),
        ("DST", ""),
        ("\0junk", ""),
        ("+99:00", ""),
        ("+14:30", ""),
        ("+080", ""),
        ("+08:99", "+08:00"),
        ("Zulu", ""),
    ],
)
def test_suffix_is_offset_or_dropped(suffix: str, offset: str) -> None:
    assert parse_time("2024:07:14 18:03:59" + suffix) == "2024-07-14T18:03:59" + offset


def test_own_offset_counts_before_the_given_one() -> None:
    assert parse_time("2024:07:14 18:03:59+02:00", "-05:00") == "2024-07-14T18:03:59+02:00"
    assert parse_time("2024:07:14 18:03:59", "-0500") == "2024-07-14T18:03:59-05:00"
    assert parse_time("2024:07:14 18:03:59", " -05:00 ") == "2024-07-14T18:03:59-05:00"
    assert parse_time("2024:07:14 18:03:59", "unknown") == "2024-07-14T18:03:59"


@pytest.mark.parametrize(
    ("clock", "time"),
    [
        ("24:08:19", "00:08:19"),
        ("24:00:00", "00:00:00"),
        ("23:59:60", "23:59:59"),
        ("12:00:01 AM", "00:00:01"),
        ("12:00:01 PM", "12:00:01"),
        ("5:22:31 pm", "17:22:31"),
        ("11:22:31 a.m.", "11:22:31"),
        ("17:22:31 PM", "17:22:31"),
    ],
)
def test_hours_of_other_clocks_are_read(clock: str, time: str) -> None:
    assert parse_time(f"2015:08:22 {clock}") == f"2015-08-22T{time}"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Tue, 16 Jan 2024 21:15:35 GMT", "2024-01-16T21:15:35Z"),
        ("Tue, 16 Jan 2024 21:15:35 +0100", "2024-01-16T21:15:35+01:00"),
        ("Tue, 16 Jan 2024 21:15:35", "2024-01-16T21:15:35"),
        ("16 Jan 2024 21:15 EST", "2024-01-16T21:15:00-05:00"),
        ("Tuesday, 16-January-2024 21:15:35 UTC", "2024-01-16T21:15:35Z"),
        ("6 feb 2024 1:15:35 PST", "2024-02-06T01:15:35-08:00"),
        ("Tue, 31 Feb 2024 21:15:35 GMT", None),
        ("Tue, 16 Foo 2024 21:15:35 GMT", None),
    ],
)
def test_times_of_mails_are_read(text: str, time: str | None) -> None:
    assert parse_time(text) == time


@pytest.mark.parametrize("text", ["2007:02:18", "2007-02-18", "2007:02:18   :  :  ", "2007:02:18 "])
def test_date_alone_counts_from_midnight(text: str) -> None:
    assert parse_time(text) == "2007-02-18T00:00:00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "    :  :     :  :  ",
        "0000:00:00 00:00:00",
        "2024:00:14 18:03:59",
        "2023:02:29 00:00:00",
        "2024:07:14 25:03:59",
        "2024:07:14 18:60:59",
        "2024:07:14 18:03:61",
        "2024:07:14 7",
        "2024:07",
        "2024",
        "24:07:14 18:03:59",
        "20240714180359",
        "yesterday",
        "\u0662\u0660\u0662\u0664:07:14 18:03:59",
        "9" * 10_000,
        " " * 10_000 + "2024:07:14 18:03:59",
    ],
)
def test_other_texts_are_no_time(text: str) -> None:
    assert parse_time(text) is None


def test_offset_alone_is_read() -> None:
    assert [parse_offset(text) for text in ("+02:00", "Z", "", "x", "+2")] == ["+02:00", "Z", "", "", ""]


@pytest.mark.parametrize(
    ("date", "clock", "time"),
    [
        ("2020:02:13", (10.0, 36.0, 13.0), "2020-02-13T10:36:13Z"),
        ("2020-02-13", (10.0, 36.0, 13.999), "2020-02-13T10:36:13Z"),
        ("2020:02:13", (10.5, 0.0, 0.0), "2020-02-13T10:30:00Z"),
        ("2020:02:13", (24.0, 0.0, 1.0), "2020-02-13T00:00:01Z"),
        ("2020:02:13", (10.0, 36.0), None),
        ("2020:02:13", (), None),
        ("", (10.0, 36.0, 13.0), None),
        ("2020:02:13", (-1.0, 0.0, 0.0), None),
        ("2020:02:13", (float("nan"), 0.0, 0.0), None),
        ("2020:02:13", (1e300, 0.0, 0.0), None),
    ],
)
def test_gps_time_is_utc(date: str, clock: tuple[float, ...], time: str | None) -> None:
    assert gps_time(date, clock) == time


def test_any_text_gives_a_time_or_none() -> None:
    source = random.Random(3)
    letters = "0123456789:-+ TZ.,JanMar\0é"
    for _ in range(20_000):
        text = "".join(source.choices(letters, k=source.randint(0, 30)))
        time = parse_time(text)
        assert time is None or len(time) in (19, 20, 25)
