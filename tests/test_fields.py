"""What a typed text may be: as long as its description says, however it was typed."""

import pytest
from pydantic import TypeAdapter, ValidationError

from saraban.fields import Note, Subject


@pytest.mark.parametrize("typed", ["ก" * 1000, " " + "ก" * 998 + " ", "\u200bก"])
def test_a_text_of_the_longest_length_is_taken(typed: str) -> None:
    assert TypeAdapter(Subject).validate_python(typed) == typed.strip(" \u200b")


@pytest.mark.parametrize("typed", ["ก" * 1001, " ก" + " " * 999, "ก" + "\u200b" * 1000])
def test_blanks_count_as_the_description_of_the_field_counts_them(typed: str) -> None:
    with pytest.raises(ValidationError, match="1000"):
        TypeAdapter(Subject).validate_python(typed)


def test_the_end_of_a_line_counts_once_as_in_the_browser_that_sends_two() -> None:
    lines = ["ก" * 39] * 100
    assert len("\n".join(lines)) == 3999
    assert TypeAdapter(Note).validate_python("\r\n".join(lines)).count("ก") == 3900


def test_what_becomes_longer_when_it_is_kept_is_refused() -> None:
    with pytest.raises(ValidationError, match="1000"):
        TypeAdapter(Subject).validate_python("\u0958" * 600)
