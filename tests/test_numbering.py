"""The numbers of letters."""

import pytest
from hypothesis import given, strategies as st

from saraban.numbering import LetterNo, letter_key, letter_no, parse_letter_no, tidy_prefix
from saraban.thai.digits import to_thai


@pytest.mark.parametrize(
    "typed",
    [
        "ศธ 04999/",
        "ศธ 04999",
        "  ศธ   04999 / ",
        "ศธ\u00a004999//",
        "ศธ ๐๔๙๙๙/",
        "ที่ ศธ 04999/",
        "ศธ 04999/ว",
        "ศธ 04999/ ว ",
    ],
)
def test_a_prefix_is_kept_in_one_form(typed):
    assert tidy_prefix(typed) == "ศธ 04999/"


@pytest.mark.parametrize("typed", ["", "  ", "/", " / ", "\u200b"])
def test_an_empty_prefix_stays_empty(typed):
    assert tidy_prefix(typed) == ""


@given(st.text(alphabet="ศธว ที่0๔9./", max_size=12))
def test_a_tidy_prefix_is_tidy(typed):
    prefix = tidy_prefix(typed)
    assert tidy_prefix(prefix) == prefix
    assert prefix == "" or prefix.endswith("/")


def test_a_number_is_printed_without_year_or_padding_and_a_circular_with_its_mark():
    assert letter_no("ศธ 04999/", 2631, False) == "ศธ 04999/2631"
    assert letter_no("ศธ 04999/", 2631, True) == "ศธ 04999/ว 2631"
    assert letter_no("ศธ 04999.259", 1, False) == "ศธ 04999.259/1"
    assert letter_no("", 12, False) == "12"
    assert letter_no("", 12, True) == "ว 12"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ศธ 04146/12", LetterNo("ศธ", "04146", False, 12)),
        ("ศธ 04225.016/175", LetterNo("ศธ", "04225.016", False, 175)),
        ("ศธ 04045/ว11081", LetterNo("ศธ", "04045", True, 11081)),
        ("ที่ ศธ 04009/ว123", LetterNo("ศธ", "04009", True, 123)),
        ("มท ๐๒๐๑.๒/ว ๑๕๙๐", LetterNo("มท", "0201.2", True, 1590)),
        ("ที่ศธ๐๔๑๘๓ / ว  ๒๖๓๑", LetterNo("ศธ", "04183", True, 2631)),
        ("ศธ\u00a004183.01.2/\u200b5", LetterNo("ศธ", "04183.01.2", False, 5)),
        ("สพฐ. 04001/7", LetterNo("สพฐ.", "04001", False, 7)),
    ],
)
def test_a_number_is_read_in_any_spacing_and_digits(text, parts):
    assert parse_letter_no(text) == parts


@pytest.mark.parametrize(
    "text",
    ["", "2631", "ศธ 04183", "ศธ 04183/", "ศธ/2631", "ที่ 12/2569", "ศธ 04183/ว", "ศธ 04183/วว 1",
     "ศธ 04183/1/2", "ศธ 04183./1", "ด่วนที่สุด ศธ 04183/1", "ศธ 04183/1 ลว 1", "ศธ 04183/" + "9" * 10],
)  # fmt: skip
def test_what_is_no_usual_number_is_not_guessed_at(text):
    assert parse_letter_no(text) is None


agencies = st.sampled_from(["ศธ", "มท", "อว", "สพฐ.", "นร"])
codes = st.from_regex(r"[0-9]{4,5}(\.[0-9]{1,3}){0,2}", fullmatch=True).filter(str.isascii)


@given(agencies, codes, st.booleans(), st.integers(1, 999_999_999), st.booleans())
def test_every_printed_number_is_read_back(agency, code, circular, number, thai):
    printed = letter_no(f"{agency} {code}", number, circular)
    written = to_thai(printed) if thai else printed
    assert parse_letter_no(written) == LetterNo(agency, code, circular, number)
    assert letter_key(written) == letter_key(f"ที่  {printed.replace('/', ' / ').replace('ว ', 'ว')}")


def test_one_number_has_one_key_however_it_is_written():
    ways = ["ที่ ศธ ๐๔๑๘๓ / ว๒๖๓๑", "ศธ04183/ว2631", "ศธ 04183/ว 2631", "ที่ศธ 04183/\u200bว\u00a02631 "]
    assert {letter_key(way) for way in ways} == {"ศธ04183/ว2631"}
    assert letter_key("ศธ 04183/2631") != letter_key("ศธ 04183/ว 2631")


def test_a_number_of_no_known_form_has_a_key_too():
    assert letter_key("คำสั่งที่ 12/๒๕๖๙") == letter_key("คําสั่งที่12/2569") == "คำสั่งที่12/2569"
    assert letter_key(" ที่ พิเศษ A-1 ") == "พิเศษa-1"
    assert letter_key("") == ""


@given(st.text(max_size=20))
def test_any_text_has_a_key_without_spaces(text):
    assert not any(character.isspace() for character in letter_key(text))
