"""The tables, and nothing else: what a row means is said in `docs/glossary.md`.

Ids are integers (narrow rows, cheap fan-out); the API shows them with a letter in front, so that one kind
of id is never taken for another. Every index that serves a list starts with the house.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from storage.columns import Instant, Listed

# SQLite gives rowids only to a plain INTEGER key; PostgreSQL needs 64 bits for millions of deliveries.
Id = BigInteger().with_variant(Integer, "sqlite")


# Keys made for plain code-point order, whatever language the database was made for.
InOrder = Text().with_variant(Text(collation="C"), "postgresql")


def _id() -> Any:
    return Field(default=None, sa_column=Column(Id, primary_key=True, autoincrement=True))


def _ref(to: str, *, null: bool = False, primary: bool = False) -> Any:
    return Field(
        default=None, sa_column=Column(Id, ForeignKey(f"{to}.id"), nullable=null, primary_key=primary)
    )


def _instant(*, null: bool = False) -> Any:
    return Field(default=None, sa_column=Column(Instant, nullable=null))


def _text(*, default: str | None = "") -> Any:
    return Field(default=default, sa_column=Column(Text, nullable=default is None))


def _level(default: int = 0) -> Any:
    return Field(default=default, sa_column=Column(SmallInteger, nullable=False, default=default))


def _json() -> Any:
    return Field(default_factory=list, sa_column=Column(Listed, nullable=False))


# -- the tree of offices, and who works in them ---------------------------------------------------


class Office(SQLModel, table=True):
    __tablename__ = "office"
    __table_args__ = (
        CheckConstraint("kind IN ('root', 'area', 'group', 'school', 'agency')", name="office_kind"),
        Index("office_area_kind", "area_id", "kind", "sort_key"),
        Index("office_parent", "parent_id"),
        Index("office_house", "house_id"),
        Index("office_in_order", "sort_key", "id"),
    )
    id: int | None = _id()
    code: str = Field(sa_column=Column(String(64), nullable=False, unique=True))
    kind: str = Field(sa_column=Column(String(16), nullable=False))
    name: str = _text()
    sort_key: str = Field(default="", sa_column=Column(InOrder, nullable=False))
    folded: str = Field(default="", sa_column=Column(Text, nullable=False, default=""))
    parent_id: int | None = _ref("office", null=True)
    area_id: int | None = _ref("office", null=True)
    house_id: int | None = _ref("office", null=True)
    prefix: str = _text()
    district: str = _text()
    network: str = _text()
    is_open: bool = True
    own_books: bool = False
    created_at: datetime = _instant()


class Person(SQLModel, table=True):
    __tablename__ = "person"
    id: int | None = _id()
    name: str = _text()
    username: str | None = Field(default=None, sa_column=Column(String(64), unique=True, nullable=True))
    is_program: bool = False
    is_active: bool = True
    created_at: datetime = _instant()


class Membership(SQLModel, table=True):
    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("person_id", "office_id", "role", name="membership_once"),
        Index("membership_office", "office_id", "clearance"),
    )
    id: int | None = _id()
    person_id: int = _ref("person")
    office_id: int = _ref("office")
    role: str = Field(sa_column=Column(String(24), nullable=False))
    clearance: int = _level()
    ended_at: datetime | None = _instant(null=True)


class Key(SQLModel, table=True):
    __tablename__ = "key"
    id: int | None = _id()
    membership_id: int = _ref("membership")
    digest: str = Field(sa_column=Column(String(64), nullable=False, unique=True))
    created_at: datetime = _instant()
    revoked_at: datetime | None = _instant(null=True)


class RecipientGroup(SQLModel, table=True):
    __tablename__ = "recipient_group"
    __table_args__ = (UniqueConstraint("house_id", "name", name="recipient_group_name"),)
    id: int | None = _id()
    house_id: int = _ref("office")
    name: str = _text()
    changed_at: datetime = _instant()


class RecipientGroupOffice(SQLModel, table=True):
    __tablename__ = "recipient_group_office"
    group_id: int = _ref("recipient_group", primary=True)
    office_id: int = _ref("office", primary=True)


class Password(SQLModel, table=True):
    """How a person proves who they are in a browser; failures slow down, and then lock."""

    __tablename__ = "password"
    person_id: int = _ref("person", primary=True)
    hash: str = _text()
    must_change: bool = False
    failures: int = Field(default=0, sa_column=Column(Integer, nullable=False, default=0))
    locked_until: datetime | None = _instant(null=True)
    changed_at: datetime = _instant()


class Session(SQLModel, table=True):
    """A browser that has logged in; ended, its row still says whose words it may give back."""

    __tablename__ = "session"
    __table_args__ = (Index("session_person", "person_id"), Index("session_expires", "expires_at"))
    digest: str = Field(sa_column=Column(String(64), primary_key=True))
    person_id: int = _ref("person")
    membership_id: int | None = _ref("membership", null=True)
    browser: str = _text()
    created_at: datetime = _instant()
    seen_at: datetime = _instant()
    expires_at: datetime = _instant()
    ended_at: datetime | None = _instant(null=True)


class Draft(SQLModel, table=True):
    """What somebody had typed when their session had ended; it waits for the same person's log-in."""

    __tablename__ = "draft"
    __table_args__ = (Index("draft_created", "created_at"),)
    id: str = Field(sa_column=Column(String(64), primary_key=True))
    person_id: int = _ref("person")
    fields: dict[str, list[str]] = Field(default_factory=dict, sa_column=Column(Listed, nullable=False))
    created_at: datetime = _instant()


# -- books ----------------------------------------------------------------------------------------


class Register(SQLModel, table=True):
    __tablename__ = "register"
    __table_args__ = (
        UniqueConstraint("house_id", "kind", "year", name="register_once"),
        CheckConstraint("kind IN ('incoming', 'outgoing', 'outgoing_circular')", name="register_kind"),
        CheckConstraint("year BETWEEN 2400 AND 2800", name="register_year"),
        CheckConstraint("first_number >= 1 AND next_number >= first_number", name="register_numbers"),
    )
    id: int | None = _id()
    house_id: int = _ref("office")
    kind: str = Field(sa_column=Column(String(24), nullable=False))
    year: int = Field(sa_column=Column(SmallInteger, nullable=False))
    prefix: str = _text()
    first_number: int = Field(sa_column=Column(Integer, nullable=False))
    next_number: int = Field(sa_column=Column(Integer, nullable=False))
    is_open: bool = True


class Letter(SQLModel, table=True):
    __tablename__ = "letter"
    __table_args__ = (
        CheckConstraint("urgency BETWEEN 0 AND 3", name="letter_urgency"),
        CheckConstraint("secrecy BETWEEN 0 AND 3", name="letter_secrecy"),
        Index("letter_key", "letter_key", "house_id"),
        Index("letter_reply_to", "reply_to_id"),
        Index("letter_replaces", "replaces_id"),
        Index("letter_based_on", "based_on_id"),
    )
    id: int | None = _id()
    house_id: int = _ref("office")
    office_id: int = _ref("office")
    letter_no: str = _text()
    letter_key: str = _text()
    circular: bool = False
    dated: date = Field(default=None, sa_column=Column(Date, nullable=False))
    from_text: str = _text()
    to_text: str = _text()
    subject: str = _text()
    references: list[str] = _json()
    enclosures: list[str] = _json()
    summary: str = _text()
    urgency: int = _level()
    secrecy: int = _level()
    based_on_id: int | None = _ref("letter", null=True)
    reply_to_id: int | None = _ref("letter", null=True)
    replaces_id: int | None = _ref("letter", null=True)
    created_at: datetime = _instant()
    created_by: int = _ref("person")
    sent_at: datetime | None = _instant(null=True)
    version: int = Field(default=1, sa_column=Column(Integer, nullable=False, default=1))


class LetterText(SQLModel, table=True):
    """The folded words of a letter; each engine keeps its own trigram index on it by itself."""

    __tablename__ = "letter_text"
    letter_id: int = _ref("letter", primary=True)
    text: str = _text()
    # Without spaces, because an office's name is written in any spacing.
    from_key: str = _text()
    to_key: str = _text()


class Entry(SQLModel, table=True):
    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("house_id", "kind", "year", "number", name="entry_number"),
        # A letter stands once in a house's incoming book, however often it is sent; a voided line frees it.
        Index(
            "entry_incoming_once",
            "house_id",
            "letter_id",
            unique=True,
            sqlite_where=text("kind = 'incoming' AND void_at IS NULL"),
            postgresql_where=text("kind = 'incoming' AND void_at IS NULL"),
        ),
        Index("entry_letter", "letter_id", "house_id"),
        Index("entry_register", "register_id"),
    )
    id: int | None = _id()
    house_id: int = _ref("office")
    register_id: int = _ref("register")
    kind: str = Field(sa_column=Column(String(24), nullable=False))
    year: int = Field(sa_column=Column(SmallInteger, nullable=False))
    number: int = Field(sa_column=Column(Integer, nullable=False))
    letter_id: int = _ref("letter")
    secrecy: int = _level()
    channel: str = Field(default="system", sa_column=Column(String(16), nullable=False))
    action: str = _text()
    note: str = _text()
    action_office_id: int = _ref("office")
    action_person_id: int | None = _ref("person", null=True)
    received_at: datetime | None = _instant(null=True)
    registered_at: datetime = _instant()
    registered_by: int = _ref("person")
    version: int = Field(default=1, sa_column=Column(Integer, nullable=False, default=1))
    void_at: datetime | None = _instant(null=True)
    void_by: int | None = _ref("person", null=True)
    void_reason: str = _text()


class Revision(SQLModel, table=True):
    """What a letter or an entry said before it was corrected."""

    __tablename__ = "revision"
    __table_args__ = (
        CheckConstraint("(letter_id IS NULL) <> (entry_id IS NULL)", name="revision_of_one"),
        Index("revision_letter", "letter_id", "version"),
        Index("revision_entry", "entry_id", "version"),
    )
    id: int | None = _id()
    letter_id: int | None = _ref("letter", null=True)
    entry_id: int | None = _ref("entry", null=True)
    version: int = Field(sa_column=Column(Integer, nullable=False))
    changed_at: datetime = _instant()
    changed_by: int = _ref("person")
    before: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Listed, nullable=False))


class Assignment(SQLModel, table=True):
    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'accepted', 'done', 'handed_back')", name="assignment_state"),
        CheckConstraint("(office_id IS NULL) <> (person_id IS NULL)", name="assignment_to_one"),
        Index("assignment_entry", "entry_id", "id"),
        Index("assignment_house", "house_id", "id"),
        Index("assignment_office", "house_id", "office_id", "state", "id"),
        Index("assignment_person", "house_id", "person_id", "state", "id"),
        # What is left to do is little, however much was done.
        Index(
            "assignment_undone",
            "house_id",
            "entry_id",
            sqlite_where=text("state IN ('open', 'accepted')"),
            postgresql_where=text("state IN ('open', 'accepted')"),
        ),
    )
    id: int | None = _id()
    house_id: int = _ref("office")
    entry_id: int = _ref("entry")
    office_id: int | None = _ref("office", null=True)
    person_id: int | None = _ref("person", null=True)
    instruction: str = _text()
    due: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    state: str = Field(default="open", sa_column=Column(String(16), nullable=False))
    assigned_at: datetime = _instant()
    assigned_by: int = _ref("person")
    accepted_at: datetime | None = _instant(null=True)
    accepted_by: int | None = _ref("person", null=True)
    closed_at: datetime | None = _instant(null=True)
    closed_by: int | None = _ref("person", null=True)
    note: str = _text()


# -- files ----------------------------------------------------------------------------------------


class Blob(SQLModel, table=True):
    """Bytes in the store, once per content: `key` is the stored copy that won, `blocks` a SHA-256 per MiB."""

    __tablename__ = "blob"
    __table_args__ = (Index("blob_key", "key"),)
    id: int | None = _id()
    sha256: str = Field(sa_column=Column(String(64), nullable=False, unique=True))
    key: str = Field(sa_column=Column(String(96), nullable=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    content_type: str = Field(sa_column=Column(String(128), nullable=False))
    blocks: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = _instant()


class Upload(SQLModel, table=True):
    """A file that has arrived but belongs to no letter yet."""

    __tablename__ = "upload"
    __table_args__ = (Index("upload_expires", "expires_at"), Index("upload_blob", "blob_id"))
    id: int | None = _id()
    blob_id: int = _ref("blob")
    house_id: int = _ref("office")
    person_id: int = _ref("person")
    filename: str = _text()
    created_at: datetime = _instant()
    expires_at: datetime = _instant()
    used_at: datetime | None = _instant(null=True)


class Attachment(SQLModel, table=True):
    __tablename__ = "attachment"
    __table_args__ = (
        UniqueConstraint("letter_id", "position", name="attachment_position"),
        Index("attachment_blob", "blob_id"),
    )
    id: int | None = _id()
    letter_id: int = _ref("letter")
    position: int = Field(sa_column=Column(SmallInteger, nullable=False))
    blob_id: int = _ref("blob")
    filename: str = _text()
    description: str = _text()
    added_at: datetime = _instant()
    added_by: int = _ref("person")
    removed_at: datetime | None = _instant(null=True)


# -- journeys -------------------------------------------------------------------------------------


class Dispatch(SQLModel, table=True):
    __tablename__ = "dispatch"
    __table_args__ = (
        Index("dispatch_house", "house_id", "id"),
        Index("dispatch_sent", "house_id", "sent_at"),
        Index("dispatch_letter", "letter_id", "house_id"),
    )
    id: int | None = _id()
    house_id: int = _ref("office")
    office_id: int = _ref("office")
    letter_id: int = _ref("letter")
    summary: str = _text()
    urgency: int = _level()
    secrecy: int = _level()
    deadline: datetime | None = _instant(null=True)
    overdue_at: datetime = _instant()
    sent_at: datetime = _instant()
    sent_by: int = _ref("person")
    recalled_at: datetime | None = _instant(null=True)
    recalled_by: int | None = _ref("person", null=True)
    recall_reason: str = _text()


class DispatchAttachment(SQLModel, table=True):
    __tablename__ = "dispatch_attachment"
    __table_args__ = (Index("dispatch_attachment_file", "attachment_id"),)
    dispatch_id: int = _ref("dispatch", primary=True)
    attachment_id: int = _ref("attachment", primary=True)


class Delivery(SQLModel, table=True):
    """A dispatch at one receiver. `priority` is the urgency, and above all urgencies once reminded;
    `changed` is the place in the feed of changes (see `storage/feed.py`)."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'acknowledged', 'returned', 'recalled')", name="delivery_state"
        ),
        CheckConstraint("(office_id IS NULL) = (house_id IS NULL)", name="delivery_by_system_or_post"),
        UniqueConstraint("dispatch_id", "position", name="delivery_position"),
        # Holds all that the totals count, so that they are counted without touching a row.
        Index("delivery_totals", "dispatch_id", "state", "office_id", "seen_at"),
        # What waits is little, however many years lie below it: its index forgets what was acknowledged.
        Index(
            "delivery_waiting",
            "house_id",
            "priority",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        # What came back to its sender.
        Index(
            "delivery_returned",
            "sender_id",
            "dispatch_id",
            "id",
            sqlite_where=text("state = 'returned'"),
            postgresql_where=text("state = 'returned'"),
        ),
        Index("delivery_house", "house_id", "id"),
        Index("delivery_received", "house_id", "changed", "id"),
        Index("delivery_sent", "sender_id", "changed", "id"),
        Index("delivery_letter", "letter_id", "house_id"),
    )
    id: int | None = _id()
    dispatch_id: int = _ref("dispatch")
    letter_id: int = _ref("letter")
    sender_id: int = _ref("office")
    office_id: int | None = _ref("office", null=True)
    house_id: int | None = _ref("office", null=True)
    position: int = Field(sa_column=Column(Integer, nullable=False))
    state: str = Field(default="waiting", sa_column=Column(String(16), nullable=False))
    priority: int = _level()
    secrecy: int = _level()
    changed: int = Field(sa_column=Column(BigInteger, nullable=False))
    changed_at: datetime = _instant()
    to_text: str | None = _text(default=None)
    tracking_no: str | None = _text(default=None)
    seen_at: datetime | None = _instant(null=True)
    reminded_at: datetime | None = _instant(null=True)
    closed_at: datetime | None = _instant(null=True)
    closed_by: int | None = _ref("person", null=True)
    received_at: datetime | None = _instant(null=True)
    entry_id: int | None = _ref("entry", null=True)
    reason: str | None = _text(default=None)
    recalled_at: datetime | None = _instant(null=True)


class Receipt(SQLModel, table=True):
    __tablename__ = "receipt"
    delivery_id: int = _ref("delivery", primary=True)
    document: str = _text()


# -- paper ----------------------------------------------------------------------------------------


class Printout(SQLModel, table=True):
    """A register that is to be printed: the row is the job, and afterwards names its file. `runner` is the
    run that prints it and renews `renewed_at`; `clearance` is that of whoever it was printed for."""

    __tablename__ = "printout"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="printout_state"
        ),
        CheckConstraint("(state = 'done') = (blob_id IS NOT NULL)", name="printout_file"),
        Index("printout_person", "house_id", "person_id", "id"),
        Index("printout_blob", "blob_id"),
        Index(
            "printout_unfinished",
            "id",
            sqlite_where=text("state IN ('waiting', 'running')"),
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
    )
    id: int | None = _id()
    house_id: int = _ref("office")
    office_id: int = _ref("office")
    person_id: int = _ref("person")
    role: str = Field(sa_column=Column(String(24), nullable=False))
    clearance: int = _level()
    book: str = Field(sa_column=Column(String(24), nullable=False))
    filters: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Listed, nullable=False))
    state: str = Field(default="waiting", sa_column=Column(String(16), nullable=False))
    done: int = Field(default=0, sa_column=Column(Integer, nullable=False, default=0))
    total: int = Field(sa_column=Column(Integer, nullable=False))
    pages: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    runs: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, default=0))
    runner: str | None = Field(default=None, sa_column=Column(String(32), nullable=True))
    renewed_at: datetime | None = _instant(null=True)
    asked_at: datetime = _instant()
    ended_at: datetime | None = _instant(null=True)
    reason: str | None = _text(default=None)
    blob_id: int | None = _ref("blob", null=True)


class Letterhead(SQLModel, table=True):
    """What stands on an office's letters whoever writes them; the file is its picture of the garuda."""

    __tablename__ = "letterhead"
    __table_args__ = (Index("letterhead_blob", "blob_id"),)
    office_id: int = _ref("office", primary=True)
    agency: str = _text()
    address: str = _text()
    contact: str = _text()
    signer: str = _text()
    position: str = _text()
    blob_id: int | None = _ref("blob", null=True)
    changed_at: datetime = _instant()


class LetterPaper(SQLModel, table=True):
    """What a letter written here has beyond a registered one; `attachment_id` is the file made of what the
    letter says now."""

    __tablename__ = "letter_paper"
    __table_args__ = (CheckConstraint("form IN ('external', 'memo', 'sealed')", name="letter_paper_form"),)
    letter_id: int = _ref("letter", primary=True)
    form: str = Field(sa_column=Column(String(16), nullable=False))
    salutation: str = _text()
    body: str = _text()
    closing: str = _text()
    signer: str = _text()
    position: str = _text()
    initials: str = _text()
    owner: str = _text()
    contact: str = _text()
    agency: str = _text()
    address: str = _text()
    attachment_id: int | None = _ref("attachment", null=True)


# -- proof, and what makes twice once -------------------------------------------------------------


class Chain(SQLModel, table=True):
    """The head of a house's chain of events; its row is locked from the event until the commit."""

    __tablename__ = "chain"
    house_id: int = _ref("office", primary=True)
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Event(SQLModel, table=True):
    __tablename__ = "event"
    __table_args__ = (Index("event_letter", "letter_id"),)
    house_id: int = _ref("office", primary=True)
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = _instant()
    person_id: int = _ref("person")
    office_id: int = _ref("office")
    act: str = Field(sa_column=Column(String(32), nullable=False))
    letter_id: int | None = _ref("letter", null=True)
    body: str = _text()
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Answer(SQLModel, table=True):
    """The first answer to a request that carried an `Idempotency-Key` (or a form's nonce)."""

    __tablename__ = "answer"
    __table_args__ = (Index("answer_created", "created_at"),)
    person_id: int = _ref("person", primary=True)
    path: str = Field(sa_column=Column(String(200), primary_key=True))
    nonce: str = Field(sa_column=Column(String(200), primary_key=True))
    digest: str = Field(sa_column=Column(String(64), nullable=False))
    answer: str | None = _text(default=None)
    created_at: datetime = _instant()


class Tick(SQLModel, table=True):
    """One row: where the feed of changes stands (SQLite), what is added to transaction ids (PostgreSQL)."""

    __tablename__ = "tick"
    id: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    base: int = Field(sa_column=Column(BigInteger, nullable=False))


class SigningKey(SQLModel, table=True):
    """Public halves only: the private one never leaves the machine that signs."""

    __tablename__ = "signing_key"
    key_id: str = Field(sa_column=Column(String(32), primary_key=True))
    public_key: str = Field(sa_column=Column(String(64), nullable=False))
    created_at: datetime = _instant()


def _table(of: type[SQLModel]) -> Table:
    return of.__table__  # type: ignore[attr-defined, no-any-return]


office, person, membership, key = _table(Office), _table(Person), _table(Membership), _table(Key)
password, session, draft = _table(Password), _table(Session), _table(Draft)
recipient_group, recipient_group_office = _table(RecipientGroup), _table(RecipientGroupOffice)
register, letter, letter_text, entry = _table(Register), _table(Letter), _table(LetterText), _table(Entry)
revision, assignment = _table(Revision), _table(Assignment)
blob, upload, attachment = _table(Blob), _table(Upload), _table(Attachment)
dispatch, dispatch_attachment = _table(Dispatch), _table(DispatchAttachment)
delivery, receipt = _table(Delivery), _table(Receipt)
printout = _table(Printout)
letterhead, letter_paper = _table(Letterhead), _table(LetterPaper)
chain, event, answer, tick, signing_key = (
    _table(Chain),
    _table(Event),
    _table(Answer),
    _table(Tick),
    _table(SigningKey),
)
metadata = SQLModel.metadata
