"""Thai digits, dates, text and dictionary order."""

import sqlite3
import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from saraban.thai.collation import sort_key
from saraban.thai.dates import (
    BANGKOK,
    buddhist_year,
    full_date,
    parse_date,
    short_date,
    short_moment,
)
from saraban.thai.digits import to_arabic, to_thai
from saraban.thai.text import fold, searchable, tidy, words

TODAY = date(2026, 7, 1)
NIKHAHIT, SARA_AA, SARA_AM, MAI_THO = "\u0e4d", "\u0e32", "\u0e33", "\u0e49"

# Letters that meet in real words, and everything that folding moves, joins or drops.
awkward = st.text(
    alphabet=st.one_of(
        st.sampled_from("กขนสเแำาํ้่ีุ๑๒12/ AÀßİ\u0301\u0323\u0345ᾳ\u00a0\u200b\u00ad\ufeff\t"),
        st.characters(codec="utf-8"),
    ),
    max_size=12,
)
days = st.dates(date(1900, 1, 1), date(2200, 12, 31))


# --- digits ---


def test_thai_digits_become_arabic_and_back_and_nothing_else_changes():
    assert to_arabic("ศธ ๐๔๑๘๓/ว ๒๖๓๑") == "ศธ 04183/ว 2631"
    assert to_thai("ศธ 04183/ว 2631") == "ศธ ๐๔๑๘๓/ว ๒๖๓๑"
    assert to_arabic("๐๑๒๓๔๕๖๗๘๙") == "0123456789"


@given(st.text(alphabet=st.characters(exclude_characters="๐๑๒๓๔๕๖๗๘๙", codec="utf-8")))
def test_digits_survive_the_way_to_paper_and_back(text):
    assert to_arabic(to_thai(text)) == text


# --- dates ---


def test_dates_are_written_with_thai_months_and_buddhist_years():
    assert full_date(TODAY) == "1 กรกฎาคม 2569"
    assert short_date(TODAY) == "1 ก.ค. 2569"
    assert short_moment(datetime(2026, 7, 1, 2, 57, 26, tzinfo=UTC)) == "1 ก.ค. 2569 09:57:26 น."


def test_the_year_turns_at_midnight_in_bangkok_not_in_greenwich():
    new_year = datetime(2025, 12, 31, 17, 0, tzinfo=UTC)
    assert buddhist_year(new_year) == 2569
    assert buddhist_year(new_year - timedelta(microseconds=1)) == 2568
    assert full_date(new_year) == "1 มกราคม 2569"
    assert short_date(new_year) == "1 ม.ค. 2569"
    assert buddhist_year(date(2025, 12, 31)) == 2568


@pytest.mark.parametrize("rule", [buddhist_year, full_date, short_date, short_moment])
def test_a_moment_without_a_time_zone_is_refused(rule):
    with pytest.raises(ValueError, match="time zone"):
        rule(datetime(2026, 7, 1, 9, 57))


@pytest.mark.parametrize(
    "typed",
    [
        "1/7/2569", "01/07/2569", "1/7/69", "1-7-2569", "1.7.69", "1 / 7 / 2569", "๑/๗/๒๕๖๙",
        "2026-07-01", "๒๐๒๖-๐๗-๐๑",
        "1 ก.ค. 69", "1 ก.ค. 2569", "1 ก.ค.2569", "1ก.ค.69", "1 กค 69", "1 ก. ค. 2569", "๑ กรกฎาคม ๒๕๖๙",
        " 1  กรกฎาคม\u00a02569 ", "1 กรกฎาคม พ.ศ. 2569", "วันที่ 1 กรกฎาคม 2569", "\ufeff1 กรกฎาคม 2569",
    ],
)  # fmt: skip
def test_a_date_may_be_typed_in_any_usual_way(typed):
    assert parse_date(typed, TODAY) == TODAY


@pytest.mark.parametrize(
    "typed",
    [
        "", "พรุ่งนี้", "1", "1/7", "1/7/569", "1/7/25690", "1/7-2569", "1 กรกดาคม 2569", "1 กรกฎาคม",
        "กรกฎาคม 2569", "2026-7-1", "20260701", "1/7/2569 09:00", "1/7/2569 2/7/2569",
        "2569-07-01", "1/7/2026", "1 ก.ค. 2026", "1/7/2442", "1/7/2744", "1899-12-31", "2201-01-01",
        "0/7/2569", "31/6/2569", "29/2/2568", "1/13/2569", "2026-02-30",
    ],
)  # fmt: skip
def test_what_is_no_date_or_in_the_wrong_calendar_is_refused_in_thai(typed):
    with pytest.raises(ValueError, match=r"[ก-ฮ]"):
        parse_date(typed, TODAY)


def test_two_digits_are_the_buddhist_year_nearest_to_today():
    assert parse_date("31/12/68", TODAY) == date(2025, 12, 31)
    assert parse_date("1/1/99", TODAY) == date(2056, 1, 1)
    assert parse_date("1/1/00", date(2056, 12, 1)) == date(2057, 1, 1)
    assert parse_date("1/1/18", TODAY) == date(2075, 1, 1)
    assert parse_date("1/1/19", TODAY) == date(1976, 1, 1)


@given(days)
def test_every_day_is_read_back_as_it_was_written(day):
    for written in (full_date(day), short_date(day), to_thai(full_date(day)), day.isoformat()):
        assert parse_date(written, TODAY) == day


@given(st.dates(date(1980, 1, 1), date(2070, 12, 31)))
def test_two_digit_years_are_read_back_within_a_lifetime(day):
    assert parse_date(f"{day.day}/{day.month}/{buddhist_year(day) % 100:02}", TODAY) == day


def test_bangkok_is_seven_hours_ahead():
    assert BANGKOK.utcoffset(None) == timedelta(hours=7)


# --- text ---


def test_stored_text_keeps_what_was_typed_but_for_its_blank_ends():
    assert tidy("\ufeff \u00a0ขอเชิญประชุม  ครั้งที่ ๓/๒๕๖๙\u200b\n") == "ขอเชิญประชุม  ครั้งที่ ๓/๒๕๖๙"
    assert tidy("ประ\u200bชุม") == "ประ\u200bชุม"
    assert tidy("บรรทัดแรก\nบรรทัดสอง") == "บรรทัดแรก\nบรรทัดสอง"
    assert tidy("ก\x00ข") == "กข"
    assert tidy("น้ำ") == "น" + MAI_THO + SARA_AM
    assert tidy("e\u0301") == "é"


@given(awkward)
def test_tidy_text_is_tidy_and_folds_like_the_text_typed(text):
    stored = tidy(text)
    assert tidy(stored) == stored == unicodedata.normalize("NFC", stored)
    assert fold(stored) == fold(text)


@pytest.mark.parametrize(
    "spelling",
    [
        "น" + MAI_THO + SARA_AM,
        "น" + MAI_THO + NIKHAHIT + SARA_AA,
        "น" + NIKHAHIT + MAI_THO + SARA_AA,
        "น" + NIKHAHIT + SARA_AA + MAI_THO,
        "น" + SARA_AM + MAI_THO,
        "น\u200b" + MAI_THO + NIKHAHIT + "\u00ad" + SARA_AA + "\ufeff",
    ],
)
def test_water_is_water_however_it_was_typed(spelling):
    assert fold(spelling) == "น" + MAI_THO + SARA_AM


def test_sara_am_without_a_tone_is_put_together_too():
    assert fold("ท" + NIKHAHIT + SARA_AA) == "ทำ"
    assert fold(NIKHAHIT + SARA_AA) == SARA_AM
    assert fold(SARA_AM * 3) == SARA_AM * 3
    assert fold("พุทธ" + NIKHAHIT) == "พุทธ" + NIKHAHIT


def test_folding_joins_what_looks_alike():
    assert fold("เเผนงาน") == fold("แผนงาน") == "แผนงาน"
    assert fold("  DMC\u00a0\t ภาคเรียนที่\n ๑ ") == "dmc ภาคเรียนที่ 1"
    assert fold("สพ\u200bฐ\u00ad") == "สพฐ"
    assert fold("Straße") == "strasse"
    assert fold("\u200b \u00a0") == ""


@given(awkward)
def test_folding_twice_is_folding_once(text):
    folded = fold(text)
    assert fold(folded) == folded == unicodedata.normalize("NFC", folded)
    assert "  " not in folded and folded == folded.strip()


def test_every_single_character_folds_for_good():
    for code in (*range(0xD800), *range(0xE000, 0x20000)):
        folded = fold(chr(code))
        assert fold(folded) == folded == unicodedata.normalize("NFC", folded)


def test_a_year_is_found_in_either_calendar():
    be, ce = searchable("ขอเชิญประชุม", "ครั้งที่ ๓/๒๕๖๙"), searchable("ขอเชิญประชุม ครั้งที่ 3/2026")
    assert be == "ขอเชิญประชุม ครั้งที่ 3/2569 3/2026"
    assert ce == "ขอเชิญประชุม ครั้งที่ 3/2026 3/2569"
    for query in ("3/2026", "3/๒๕๖๙", "ประชุม 2026", "ครั้งที่ 2569"):
        assert all(word in be and word in ce for word in words(query))


def test_every_year_of_a_word_is_turned_and_no_word_is_added_twice():
    assert searchable("แผน 2566-2570 และ 2566-2570") == "แผน 2566-2570 และ 2566-2570 2023-2027"
    assert searchable("ปี 2569 (ค.ศ. 2026) 2026") == "ปี 2569 (ค.ศ. 2026) 2026 2569)"
    assert searchable("2569 2026") == "2569 2026"


def test_only_a_number_that_may_be_a_year_is_turned():
    for plain in ("2499", "2600", "1956", "2057", "25690", "12569", "04183", "256"):
        assert searchable(plain) == plain
    assert searchable("2500", "2599") == "2500 2599 1957 2056"
    assert searchable("1957", "2056") == "1957 2056 2500 2599"


def test_a_letter_number_is_no_year_wherever_it_stands():
    assert searchable("แผน 2569", number="ศธ 04999/2512") == "ศธ 04999/2512 แผน 2569 2026"
    for said in ("ตามหนังสือที่ ศธ 04999/2512", "(มท ๐๒๐๑.๒/ว ๒๕๑๒)", "ศธ 04045/ว2512"):
        assert searchable(said) == fold(said)
    assert searchable("ศธ 04999/2512 และคำสั่งที่ 1234/2569").endswith(" 1234/2026")


def test_no_parts_are_searchable_as_nothing():
    assert searchable() == searchable("", " ") == ""
    assert searchable("", "เรื่อง", "") == "เรื่อง"


@given(st.lists(awkward, max_size=3), awkward, st.data())
def test_whatever_a_plain_search_finds_is_still_found(parts, query, data):
    plain, text = fold(" ".join(parts)), searchable(*parts)
    start = data.draw(st.integers(0, len(plain)))
    piece = plain[start : data.draw(st.integers(start, len(plain)))]
    assert piece in text
    assert fold(query) not in plain or fold(query) in text


@given(
    st.integers(2500, 2599),
    st.sampled_from(["", "3/", "ปี", "(", "1-"]),
    st.sampled_from(["", ")", "-ก", "."]),
    awkward,
)
def test_a_word_with_a_year_is_found_by_the_same_word_in_the_other_calendar(year, before, after, around):
    buddhist, common = f"{before}{year}{after}", f"{before}{year - 543}{after}"
    assert common in searchable(around, buddhist)
    assert buddhist in searchable(around, common)


def test_a_query_falls_into_folded_words():
    assert words("  ประชุม\u00a0๓/๒๕๖๙  DMC ") == ["ประชุม", "3/2569", "dmc"]
    assert words("\u200b ") == []


# --- dictionary order ---

IN_ORDER = [
    "",
    "1",
    "๒",
    "2 ก",
    "10",
    "๑๑",
    "123456789",
    "1234567890",
    "DMC",
    "o-net",
    "กก",
    "กลุ่มกฎหมายและคดี",
    "กลุ่มนิเทศ",
    "กลุ่มอำนวยการ",
    "การ",
    "การ์ด",
    "การะ",
    "กำ",
    "เกม",
    "แก",
    "โก",
    "ใกล้",
    "ไก่",
    "ขอ",
    "เขต 1",
    "เขต ๒",
    "เขต 2 ก",
    "เขต 10",
    "เขตต์",
    "เขา",
    "เข่า",
    "เข้า",
    "เข้าใจ",
    "เขิน",
    "ไข",
    "ไข่",
    "ไข้",
    "แปง",
    "แป้ง",
    "แป้ง 2",
    "แป้งดี",
    "พลอย",
    "เพลง",  # only the consonant right behind a leading vowel changes places with it: พ เ ล ง
    "ศ",
    "ฮา",
]


def test_words_sort_as_in_the_dictionary_and_numbers_by_size():
    assert sorted(reversed(IN_ORDER), key=sort_key) == IN_ORDER
    assert len({sort_key(word) for word in IN_ORDER}) == len(IN_ORDER)


def test_sqlite_sorts_the_keys_in_the_same_order():
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE words (word TEXT, key TEXT)")
        rows = [(word, sort_key(word)) for word in reversed(IN_ORDER)]
        database.executemany("INSERT INTO words VALUES (?, ?)", rows)
        found = [word for (word,) in database.execute("SELECT word FROM words ORDER BY key")]
    assert found == IN_ORDER


@given(st.lists(awkward, max_size=6))
def test_bytes_and_code_points_give_one_order(texts):
    keys = [sort_key(text) for text in texts]
    assert sorted(keys) == sorted(keys, key=lambda key: key.encode("utf-8"))


@given(st.integers(0, 10**40), st.integers(0, 10**40), st.sampled_from(["", "เขต ", "ศธ "]), st.booleans())
def test_numbers_of_any_length_sort_by_size(one, other, before, thai):
    write = to_thai if thai else str
    first, second = sort_key(f"{before}{one}"), sort_key(write(f"{before}{other}"))
    assert (first < second) == (one < other) and (first == second) == (one == other)


@given(awkward)
def test_texts_that_fold_alike_sort_alike(text):
    assert sort_key(text) == sort_key(fold(text))
