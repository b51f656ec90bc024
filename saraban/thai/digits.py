"""Thai digits on paper, Arabic digits everywhere else."""

ARABIC = "0123456789"
THAI = "๐๑๒๓๔๕๖๗๘๙"

_TO_ARABIC = str.maketrans(THAI, ARABIC)
_TO_THAI = str.maketrans(ARABIC, THAI)


def to_arabic(text: str) -> str:
    """The text as it is stored and compared: ๒๖๓๑ becomes 2631."""
    return text.translate(_TO_ARABIC)


def to_thai(text: str) -> str:
    """The text as official paper prints it: 2631 becomes ๒๖๓๑."""
    return text.translate(_TO_THAI)
