"""The command line: results on stdout, the rest on stderr, never a traceback for what a person did wrong."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from saraban import cli
from saraban.app import create_office
from saraban.errors import NotReady, Unauthenticated
from saraban.ids import read
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Actor, Role
from saraban.queries.who_is_asking import who_is_asking
from saraban.serving import listen
from saraban.settings import PREFIX, Settings
from storage import signing_keys
from tests import world
from tests.history import History, live_through, tamper
from tests.server import CHECKOUT, Client, environment, serve_process


class Said(NamedTuple):
    code: int
    out: str
    err: str


Saraban = Callable[..., Said]


@pytest.fixture
def anywhere(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Saraban:
    """`saraban` as it is typed, in an environment of these settings."""

    def run(*words: object, settings: Settings | None = None, **variables: str) -> Said:
        with monkeypatch.context() as patch:
            named = environment(settings) if settings else {}
            for name, value in {**named, **{PREFIX + n.upper(): v for n, v in variables.items()}}.items():
                patch.setenv(name, value)
            try:
                code = cli.main([str(word) for word in words])
            except SystemExit as ended:
                code = int(ended.code or 0)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Said(code, captured.out, captured.err)

    return run


@pytest.fixture
def saraban(anywhere: Saraban, settings: Settings) -> Saraban:
    """In a migrated office of its own, on each engine."""
    run: Saraban = lambda *words, **more: anywhere(*words, settings=settings, **more)  # noqa: E731
    assert run("migrate").code == 0
    return run


@pytest.fixture
def inside(settings: Settings) -> Iterator[Office]:
    """The same office, looked at from inside."""
    office = create_office(settings)
    yield office
    office.close()


@pytest.fixture
def history(office: Office) -> History:
    return live_through(office)


# -- the words -------------------------------------------------------------------------------------------

COMMANDS = (
    "serve", "migrate", "import", "person", "person add", "person password", "key", "key add", "key revoke",
    "demo", "check", "verify", "backup", "restore", "openapi",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(anywhere: Saraban, command: str) -> None:
    said = anywhere(*command.split(), "--help")
    assert said.code == 0
    assert re.search("[ก-๙]", said.out)


def test_the_help_names_every_command(anywhere: Saraban) -> None:
    said = anywhere("--help")
    for command in COMMANDS:
        assert re.search(rf"^ +{command.split()[0]}\b", said.out, re.MULTILINE)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("serv",),
        ("serve", "--workers", "0"),
        ("serve", "--port", "http"),
        ("import", "letters", "x.csv"),
        ("key", "add", "--office", "9901"),
        ("key", "add", "--office", "9901", "--name", "x", "--role", "emperor"),
        ("key", "add", "--office", "9901", "--name", "x", "--role", "clerk", "--clearance", "all"),
    ],
)
def test_what_is_typed_wrongly_ends_with_2(anywhere: Saraban, words: tuple[str, ...]) -> None:
    said = anywhere(*words)
    assert (said.code, said.out) == (2, "")
    assert "usage: saraban" in said.err


# -- what an operator gets wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [("serve",), ("check",), ("backup", "b.tar"), ("key", "revoke", "x"), ("verify", __file__)]
)
def test_nothing_is_done_in_a_database_that_was_not_migrated(
    anywhere: Saraban, tmp_path: Path, words: tuple[str, ...]
) -> None:
    said = anywhere(*words, settings=Settings(data=tmp_path / "new"))
    assert (said.code, said.out) == (1, "")
    assert "saraban migrate" in said.err
    assert said.err.rstrip().endswith("[not_ready]")


def test_a_setting_of_an_unknown_name_is_refused(anywhere: Saraban) -> None:
    said = anywhere("check", datbase_url="postgresql://somewhere")
    assert said.code == 1
    assert "SARABAN_DATBASE_URL (ไม่มีค่าตั้งชื่อนี้" in said.err


def test_a_wrong_setting_is_named_and_its_value_kept_quiet(anywhere: Saraban) -> None:
    said = anywhere("check", pool_size="secret")
    assert said.code == 1
    assert "SARABAN_POOL_SIZE" in said.err
    assert "secret" not in said.err


@pytest.mark.parametrize(
    "variables",
    [
        {"database_url": "nonsense"},
        {"database_url": "postgresql://office:password@127.0.0.1:1/nowhere"},
        {"files_url": "s3://letters"},
        {"files_url": "ftp://letters"},
        {"files_url": "s3://letters", "s3_access_key": "k", "s3_secret_key": "s", "s3_endpoint": "here"},
    ],
)
def test_an_address_where_nothing_is_ends_without_a_traceback(
    anywhere: Saraban, embedded: Settings, variables: dict[str, str]
) -> None:
    said = anywhere("check", settings=embedded, **variables)
    assert (said.code, said.out) == (1, "")
    assert "[not_ready]" in said.err
    assert "password" not in said.err


def test_a_file_that_is_not_there_is_named(saraban: Saraban, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    for words in (("import", "schools", missing), ("verify", missing), ("restore", missing)):
        said = saraban(*words)
        assert (said.code, said.out) == (1, "")
        assert str(missing) in said.err


def test_a_backup_into_a_folder_that_is_not_there_is_refused(saraban: Saraban, tmp_path: Path) -> None:
    said = saraban("backup", tmp_path / "missing" / "backup.tar")
    assert said.code == 1
    assert "missing" in said.err


def test_a_port_that_is_taken_is_told(saraban: Saraban) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = saraban("serve", "--port", port)
    assert said.code == 1
    assert f"127.0.0.1:{port}" in said.err


def test_whoever_stops_reading_gets_no_traceback() -> None:
    command = [sys.executable, "-m", "saraban.cli", "openapi"]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""


# -- setting up ------------------------------------------------------------------------------------------


def test_migrating_twice_makes_one_root(saraban: Saraban, inside: Office) -> None:
    assert saraban("migrate").code == 0
    said = saraban("check")
    assert (said.code, said.err) == (0, "")
    assert "เหตุการณ์  1 รายการ ของ 1 หน่วยงาน" in said.out


def test_a_key_is_printed_once_and_alone_and_opens_until_it_is_revoked(
    saraban: Saraban, inside: Office
) -> None:
    said = saraban(
        "key", "add", "--office", "root", "--role", "clerk", "--clearance", "secret", "--name", "ระบบกลาง"
    )
    secret = said.out.removesuffix("\n")
    assert re.fullmatch(r"sbn_[\w-]{43}", secret)
    assert secret not in said.err
    actor = who_is_asking(inside, secret)
    assert (actor.person_name, actor.role, actor.clearance) == ("ระบบกลาง", Role.CLERK, Secrecy.SECRET)
    assert saraban("key", "revoke", "ระบบกลาง").code == 0
    with pytest.raises(Unauthenticated):
        who_is_asking(inside, secret)
    again = saraban("key", "revoke", "ระบบกลาง")
    assert (again.code, "[not_found]" in again.err) == (1, True)


def test_a_key_for_an_office_that_is_not_there_is_refused(saraban: Saraban) -> None:
    said = saraban("key", "add", "--office", "9999", "--role", "clerk", "--name", "ระบบกลาง")
    assert (said.code, said.out) == (1, "")
    assert re.search(r"9999.* \[unknown_offices\]", said.err)


def test_a_person_is_added_and_can_be_given_a_password(saraban: Saraban) -> None:
    person = ("--office", "root", "--role", "registrar", "--name", "สมศรี ตัวอย่าง", "--username", "Somsri")
    said = saraban("person", "add", *person)
    assert said.code == 0
    assert read("P", said.out.strip()) is not None
    given = saraban("person", "password", "somsri")
    assert re.fullmatch(r"\w{4}-\w{4}-\w{4}\n", given.out)
    assert given.out.strip() not in given.err
    assert saraban("person", "password", "nobody").code == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp874"])
def test_an_office_is_imported_from_files_as_excel_saves_them(
    saraban: Saraban, tmp_path: Path, encoding: str
) -> None:
    files = {
        "offices": "area_code,name,prefix\r\n9901,สพป.ตัวอย่าง เขต 1,ศธ 04999/\r\n",
        "schools": "school_code,area_code,name\r\n99010001,9901,บ้านตัวอย่าง\r\n99010002,9901,วัดตัวอย่าง\r\n",
        "people": "office_code,name,role\r\n99010001,มานี ตัวอย่าง,clerk\r\n",
    }
    told = []
    for what, content in files.items():
        path = tmp_path / f"{what}.csv"
        path.write_bytes(content.encode(encoding))
        told.append(saraban("import", what, path, *(["--groups"] if what == "offices" else [])))
    assert [said.code for said in told] == [0, 0, 0]
    assert [re.findall(r"\d+", said.err) for said in told] == [
        ["11", "0", "0"],
        ["2", "0", "0"],
        ["1", "0", "0"],
    ]
    again = saraban("import", "schools", tmp_path / "schools.csv")
    assert re.findall(r"\d+", again.err) == ["0", "0", "2"]


def test_a_file_with_a_wrong_line_is_refused_as_a_whole(saraban: Saraban, tmp_path: Path) -> None:
    path = tmp_path / "offices.csv"
    path.write_text("area_code,name\n9901,สพป.ตัวอย่าง เขต 1\n9902,\n")
    said = saraban("import", "offices", path)
    assert said.code == 1
    assert "บรรทัด 3" in said.err
    path.write_text("area_code,name\n9901,สพป.ตัวอย่าง เขต 1\n")
    assert re.findall(r"\d+", saraban("import", "offices", path).err) == ["1", "0", "0"]


# -- check, backup, restore ------------------------------------------------------------------------------


def test_a_check_that_finds_something_ends_with_1(
    history: History, anywhere: Saraban, settings: Settings
) -> None:
    assert anywhere("check", settings=settings).code == 0
    tamper(settings, "DELETE FROM entry WHERE kind = 'outgoing' AND number = 2")
    said = anywhere("check", settings=settings)
    assert said.code == 1
    assert "ผิดปกติ: 9901 outgoing 2569: เลขหาย 2 [number_missing]" in said.out


def test_a_backup_is_restored_into_a_database_that_was_never_migrated(
    history: History, anywhere: Saraban, settings: Settings, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.tar"
    assert anywhere("backup", backup, settings=settings).code == 0
    new = Settings(data=tmp_path / "new")
    said = anywhere("restore", backup, settings=new)
    assert said.code == 0
    assert "ครบถ้วน" in said.out
    again = anywhere("restore", backup, settings=new)
    assert (again.code, "[database_not_empty]" in again.err) == (1, True)


# -- receipts --------------------------------------------------------------------------------------------


@pytest.fixture
def receipt(history: History, tmp_path: Path) -> Path:
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(history.acknowledged.receipt, ensure_ascii=False))
    return path


def test_a_receipt_is_verified_by_the_office_itself(
    history: History, receipt: Path, anywhere: Saraban, settings: Settings
) -> None:
    said = anywhere("verify", receipt, settings=settings)
    assert (said.code, said.err) == (0, "")
    for told in (history.sent.letter_no, "สพป.ตัวอย่าง เขต 1 (9901)", "บ้านตัวอย่าง 1 (99010001)", "1/2569"):
        assert told in said.out
    assert "1 ก.ค. 2569 09:57:26 น." in said.out
    assert history.sent.attachments[1].sha256 in said.out


@pytest.mark.parametrize("form", ["json", "pem"])
def test_a_receipt_is_verified_by_anybody_without_a_database(
    history: History, receipt: Path, anywhere: Saraban, tmp_path: Path, form: str
) -> None:
    keys = history.office.db.read(signing_keys.all_keys)
    key = tmp_path / f"key.{form}"
    if form == "json":
        listed = [{"key_id": k, "algorithm": "Ed25519", "public_key": v} for k, v in keys.items()]
        key.write_text(json.dumps({"keys": listed}))
    else:
        (public,) = keys.values()
        key.write_bytes(
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
    nowhere = Settings(data=tmp_path / "nowhere")
    assert anywhere("verify", "--key", key, receipt, settings=nowhere).code == 0
    receipt.write_text(receipt.read_text().replace('"number": 1', '"number": 2'))
    said = anywhere("verify", "--key", key, receipt, settings=nowhere)
    assert (said.code, said.out) == (1, "")
    assert "[not_genuine]" in said.err
    assert not nowhere.data.exists()


def test_a_key_file_that_is_none_is_told(receipt: Path, anywhere: Saraban) -> None:
    said = anywhere("verify", "--key", receipt, receipt)
    assert (said.code, "[bad_keys]" in said.err) == (1, True)


# -- the description of the API --------------------------------------------------------------------------


def test_the_description_of_the_api_is_the_same_every_time(anywhere: Saraban) -> None:
    said = anywhere("openapi")
    assert (said.code, said.err) == (0, "")
    assert "/api/v1/outgoing" in json.loads(said.out)["paths"]
    elsewhere = subprocess.run(
        [sys.executable, "-m", "saraban.cli", "openapi"],
        cwd=CHECKOUT,
        env={"PYTHONHASHSEED": "7"},
        capture_output=True,
        check=True,
    )
    assert elsewhere.stdout.decode() == said.out


# -- serving ---------------------------------------------------------------------------------------------


@pytest.fixture
def clerk(office: Office) -> Actor:
    world.area(office)
    return world.person(office, clearance="secret")


def test_the_traffic_log_says_who_did_what_and_no_more(
    office: Office, clerk: Actor, settings: Settings
) -> None:
    key = world.key_for(office, clerk)
    with serve_process(settings) as server, Client(server.base_url, key) as client:
        letter = {"subject": "ความลับของทางราชการ", "dated": "2026-07-01", "to_text": "ผู้ว่าราชการ"}
        client.post("/api/v1/outgoing", json={**letter, "secrecy": "secret"}).raise_for_status()
        client.get("/api/v1/outgoing", params={"q": "ความลับของทางราชการ"})
        client.as_("wrong").get("/api/v1/me")
        client.get("/api/v1/%0aforged")
        client.get("/healthz", headers={"X-Forwarded-For": "203.0.113.9"})
        client.get("/api/v1/me", headers={"X-Forwarded-For": "203.0.113.9"})
        assert server.stop() == 0
    log = server.log.read_text()
    lines = [line.split(" saraban.traffic ")[1] for line in log.splitlines() if " saraban.traffic " in line]
    who = f"127.0.0.1 P{clerk.person_id}@9901"
    assert [line.rpartition(" ")[0] for line in lines] == [
        f"{who} POST /api/v1/outgoing 201",
        f"{who} GET /api/v1/outgoing 200",
        "127.0.0.1 - GET /api/v1/me 401",
        f"{who} GET /api/v1/%0aforged 404",
        f"{who} GET /api/v1/me 200",
    ]
    assert re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+07:00 \d+ INFO ", log)
    for secret in ("ความลับ", "%E0%B8%84", key, "wrong"):
        assert secret not in log


def test_only_a_named_proxy_is_believed(office: Office, clerk: Actor, settings: Settings) -> None:
    flags = ("--proxy", "127.0.0.1")
    with (
        serve_process(settings, 1, *flags) as server,
        Client(server.base_url, world.key_for(office, clerk)) as client,
    ):
        client.get("/api/v1/me", headers={"X-Forwarded-For": "203.0.113.9"}).raise_for_status()
    assert f"203.0.113.9 P{clerk.person_id}@9901 GET /api/v1/me 200" in server.log.read_text()


def test_several_workers_serve_one_office_and_end_politely(
    office: Office, clerk: Actor, settings: Settings
) -> None:
    key = world.key_for(office, clerk)
    with serve_process(settings, workers=2) as server, Client(server.base_url, key) as client:
        while server.log.read_text().count("Application startup complete") < 2:
            assert client.get("/healthz").status_code == 200
        letter = {"subject": "ทดสอบ", "dated": "2026-07-01", "to_text": "โรงเรียน"}
        numbers = [client.post("/api/v1/outgoing", json=letter).json()["number"] for _ in range(5)]
        with pytest.raises(NotReady, match="ถูกใช้อยู่.*PORT=8001"):
            listen("127.0.0.1", client.base_url.port or 0, workers=2)
        with ExitStack() as at_once:
            several = [at_once.enter_context(Client(server.base_url, key)) for _ in range(32)]
            assert {one.get("/api/v1/me").status_code for one in several} == {200}
        assert server.stop() == 0
    assert numbers == [1, 2, 3, 4, 5]
    log = server.log.read_text()
    assert log.count("Application shutdown complete") == 2
    # Each worker has its share of the connections: fewer than 4 of 32 happens once in 400,000 times.
    shares = Counter(line.split()[1] for line in log.splitlines() if " GET /api/v1/me " in line)
    assert len(shares) == 2
    assert min(shares.values()) >= 4
