"""What the documentation says is so: tables are the code's, links lead somewhere, examples run.

Blocks of `sh` are played here in a real shell; blocks of `shell` are for root on a machine, and only read.
"""

from __future__ import annotations

import argparse
import configparser
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from pydantic import TypeAdapter

from saraban import cli
from saraban.commands.assign import TaskState
from saraban.fields import Channel, PaperForm, SecrecyWord, UrgencyWord
from saraban.permissions import ROLES
from saraban.queries.inbox import DeliveryState
from saraban.queries.offices import OfficeKind
from saraban.queries.printouts import PrintoutState
from saraban.queries.register_lines import LineState
from saraban.queries.registers import RegisterKind
from saraban.settings import PREFIX, Settings
from tests.readme import Played, Stage, blocks, commands, refusals
from tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from tests.server import environment, serve_process

ROOT = Path(__file__).parent.parent
README, OPERATIONS, API = ROOT / "README.md", ROOT / "docs" / "operations.md", ROOT / "docs" / "api.md"


def in_repository() -> list[str]:
    """What git knows or would take in."""
    told = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(name for name in told.stdout.split("\0") if name and (ROOT / name).exists())


def pages() -> list[Path]:
    return [ROOT / name for name in in_repository() if name.endswith(".md")]


def rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    _, _, rest = page.read_text().partition(f"\n{heading}\n")
    table = re.search(r"(?:^\|.*\n)+", rest, re.MULTILINE)
    assert table is not None, heading
    lines = table[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


# -- tables ----------------------------------------------------------------------------------------------


def test_the_settings_table_is_the_settings() -> None:
    def shown(default: Any) -> str:
        if default is None:
            return ""
        return f"`{str(default).lower() if isinstance(default, bool) else default}`"

    assert rows(README, "## Settings") == [
        [f"`{PREFIX}{name.upper()}`", shown(field.default), field.description]
        for name, field in Settings.model_fields.items()
    ]


def test_every_setting_that_a_page_names_exists() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for page in pages():
        named = set(re.findall(rf"\b{PREFIX}[A-Z][A-Z0-9_]*\b", page.read_text()))
        assert named <= known, page


def test_every_file_of_settings_is_accepted() -> None:
    files = [text for text in blocks(OPERATIONS, "ini") if text.startswith(PREFIX)]
    assert len(files) == 3
    for text in files:
        assert Settings.from_env(dict(line.split("=", 1) for line in text.splitlines()))


@pytest.mark.parametrize(
    ("of", "words"),
    [
        ("kind of office", OfficeKind),
        ("kind of register", RegisterKind),
        ("state of an entry", LineState),
        ("urgency", UrgencyWord),
        ("secrecy", SecrecyWord),
        ("channel of an incoming letter", Channel),
        ("state of a delivery", DeliveryState),
        ("state of an assignment", TaskState),
        ("state of a printout", PrintoutState),
        ("form of a letter written here", PaperForm),
    ],
)
def test_the_glossary_has_the_words_of_the_code(of: str, words: Any) -> None:
    told = TypeAdapter(words).json_schema()
    listed = dict(rows(ROOT / "docs" / "glossary.md", "## Words to choose from"))[of]
    assert listed == told["description"]
    assert re.findall(r"`(\w+)`", listed) == told["enum"]


def test_the_glossary_has_the_roles_of_the_code() -> None:
    listed = dict(rows(ROOT / "docs" / "glossary.md", "## Words to choose from"))["role"]
    assert listed == " · ".join(f"`{role}` {thai}" for role, thai in ROLES.items())


def test_every_dependency_has_its_reason() -> None:
    (page,) = (ROOT / "docs" / "decisions").glob("*-few-dependencies.md")
    decision, _, left_out = page.read_text().partition("## Alternatives")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[\[<>=~! ]", one)[0] for one in project["dependencies"]}
    assert {name for name in names if not re.search(rf"\b{name}\b", decision)} == set()
    assert {name for name in names if re.search(rf"\b{name}\b", left_out)} == set()


def test_what_may_be_asked_twice_is_listed() -> None:
    described = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
    taking = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in described.items()
        for method, told in methods.items()
        if any(one["name"].lower() == "idempotency-key" for one in told.get("parameters", ()))
    }
    _, _, section = API.read_text().partition("## Twice is once")
    sentence = section.partition(" take an `Idempotency-Key`")[0]
    assert set(re.findall(r"`([A-Z]+ [^`]+)`", sentence)) == taking


def test_every_call_that_a_page_names_exists() -> None:
    described = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
    calls = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in described.items()
        for method in methods
    }
    named = re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`?]*)[`?]", API.read_text())
    assert set(named) <= calls
    assert len(named) > 10


# -- the tree --------------------------------------------------------------------------------------------


def drawn() -> dict[str, str]:
    """What the tree lists, with what is said of it."""
    (tree,) = [text for text in blocks(README, "text") if text.startswith("saraban/")]
    listed, above = {}, ""
    for line in tree.splitlines():
        found = re.fullmatch(r"( *)(\S+) {2,}(\S.*)", line)
        assert found is not None, line
        indent, name, said = found.groups()
        above = "" if not indent else above
        listed[above + name] = said
        above = name if not indent else above
    return listed


def test_the_tree_lists_exactly_what_is_there() -> None:
    there = set()
    for name in in_repository():
        first, *rest = Path(name).parts
        if first.startswith(".") and first != ".ci":
            continue
        there.add(f"{first}/" if rest else first)
        if len(rest) > 1:
            there.add(f"{first}/{rest[0]}/")
    assert set(drawn()) == there


def test_no_cache_lies_in_the_repository() -> None:
    hidden = {Path(name).parts[0] for name in in_repository() if name.startswith(".")}
    assert hidden == {".ci", ".dockerignore", ".gitignore"}


# -- links and names -------------------------------------------------------------------------------------


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_every_link_leads_somewhere() -> None:
    seen = 0
    for page in pages():
        text = page.read_text()
        prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            assert "://" not in target, f"{page}: {target} leads out of the repository"
            path, _, anchor = target.partition("#")
            to = (page.parent / path).resolve() if path else page
            assert to.exists(), f"{page}: {target}"
            if anchor:
                headings = re.findall(r"^#+ (.+)$", to.read_text(), re.MULTILINE)
                assert anchor in {slug(one) for one in headings}, f"{page}: {target}"
            seen += 1
    assert seen > 20


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in pages()
        for target in re.findall(r"\]\(([^)\s#]+)", page.read_text())
    }
    for page in pages():
        assert page == README or page in linked or page.parent in linked, page


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in pages():
        text = page.read_text()
        named = set(re.findall(r"`(?:[A-Z]+=\S+ )?make ([a-z]+)", text))
        named |= set(re.findall(r"^make ([a-z]+)", "\n".join(blocks(page, "sh", "shell")), re.MULTILINE))
        assert named <= targets, page
    assert {"demo", "test"} <= targets


def test_nothing_speaks_of_where_it_was_made() -> None:
    """No folder of somebody's machine, no number in somebody's tracker, no address of a package registry."""
    foreign = re.compile(
        r"/wor[k]/|\b(?:issue|pull request|ticket|task|PR|GH)[ -]*#\d|\bissue \d"
        r"|\bpypi\.(?:org|python)|pythonhosted\.or[g]|npmjs\.(?:com|org)|\bghcr\.i[o]|deb\.debian\.or[g]"
        r"|proxy\.golang\.or[g]|crates\.i[o]|quay\.i[o]"
    )
    found = []
    for name in in_repository():
        text = (ROOT / name).read_bytes().decode("utf-8", errors="replace")
        found += [f"{name}: {hit[0]}" for hit in foreign.finditer(text) if name != "tests/test_docs.py"]
    assert found == []


# -- the command line ------------------------------------------------------------------------------------


def typed(parser: argparse.ArgumentParser, path: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command by the words that choose it."""
    choosing = [one for one in parser._actions if one.choices is not None and not one.option_strings]
    if not choosing:
        yield path.strip(), parser
    for action in choosing:
        for word in action.choices or ():
            below = action.choices[word] if isinstance(action.choices, dict) else None
            if below is None:
                yield f"{path} {word}".strip(), parser
            else:
                yield from typed(below, f"{path} {word}")


def test_every_command_is_told_and_no_other() -> None:
    parsers = dict(typed(cli.parser()))
    told = {
        name.strip("`").removeprefix("saraban "): does for name, does in rows(OPERATIONS, "## Every command")
    }
    assert set(told) == set(parsers)
    for name, does in told.items():
        options = {option for action in parsers[name]._actions for option in action.option_strings}
        assert set(re.findall(r"`(--[a-z-]+)", does)) <= options, name


def test_every_command_in_running_text_exists() -> None:
    known = set(dict(typed(cli.parser())))
    first = {name.split()[0] for name in known}
    for page in pages():
        for said in re.findall(r"`(?:sudo -u saraban )?saraban ([a-z][^`]*)`", page.read_text()):
            assert said.split()[0] in first, f"{page}: saraban {said}"
            assert any(said.startswith(name) or name.startswith(said) for name in known), (
                f"{page}: saraban {said}"
            )


def every_command() -> list[list[str]]:
    return [words for page in (README, OPERATIONS, API) for words in commands(page)]


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_in_an_example_is_typed_rightly(words: list[str]) -> None:
    assert callable(cli.parser().parse_args(words).run)


def test_the_examples_show_most_commands() -> None:
    shown = {" ".join(words) for words in every_command()}
    known = set(dict(typed(cli.parser()))) - {"demo", "openapi"}
    assert {name for name in known if not any(said.startswith(name) for said in shown)} == set()


# -- machines --------------------------------------------------------------------------------------------


def units() -> list[configparser.RawConfigParser]:
    found = []
    for text in blocks(OPERATIONS, "ini"):
        if text.startswith("[Unit]"):
            unit = configparser.RawConfigParser(strict=True)
            unit.optionxform = str  # type: ignore[assignment,method-assign]
            unit.read_string(text)
            found.append(unit)
    return found


def test_every_unit_runs_as_nobody_who_may_do_more() -> None:
    services = [unit for unit in units() if unit.has_section("Service")]
    assert len(services) == 3
    assert len(units()) == 5
    for unit in services:
        assert unit["Service"]["User"] == "saraban"
        assert unit["Service"]["UMask"] == "0077"
        assert unit["Service"]["LogNamespace"] == "saraban"
        assert "/opt/saraban/bin/saraban " in unit["Service"]["ExecStart"]


def test_a_machine_is_given_the_same_system_libraries_as_the_image() -> None:
    libraries = r"\b(?:lib[a-z]+[a-z0-9.-]*-?0|fonts-[a-z-]+)(?=[\s\"])"
    in_image = set(re.findall(libraries, (ROOT / "Dockerfile").read_text()))
    assert set(re.findall(libraries, "\n".join(blocks(OPERATIONS, "shell")))) == in_image


def test_the_override_of_the_composition_fits() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    (override,) = [yaml.safe_load(text) for text in blocks(OPERATIONS, "yaml")]
    assert set(override["services"]) <= set(compose["services"])
    service = override["services"]["saraban"]
    assert Settings.from_env(service["environment"]).https
    assert cli.parser().parse_args(service["command"]).proxy == ["172.16.0.0/12"]


def test_the_rule_for_broken_uploads_is_one_that_a_store_takes(s3: S3Server, bucket: str) -> None:
    (told,) = [json.loads(text) for text in blocks(OPERATIONS, "json")]
    store = boto3.client(
        "s3",
        endpoint_url=s3.url,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    store.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=told)
    (kept,) = store.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert kept["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 2}
    assert "Expiration" not in kept


# -- the examples, played --------------------------------------------------------------------------------

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are typed with curl")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, str]]:
    """What `make demo` fills and serves, on a port of its own."""
    stage = Stage(tmp_path_factory.mktemp("demo"))
    settings = Settings(data=stage.folder / "data")
    stage.play(["saraban demo --no-serve"], **environment(settings))
    with serve_process(settings) as server:
        yield stage, server.base_url


def played(page: Path, demo: tuple[Stage, str]) -> Played:
    stage, address = demo
    text = blocks(page, "sh")
    result = stage.play(text, address)
    assert result.refused == refusals(text)
    assert len(result.statuses) >= "\n".join(text).count("curl -")
    return result


@needs_curl
def test_the_task_in_the_readme_runs_as_it_is_written(demo: tuple[Stage, str]) -> None:
    said = played(README, demo)
    assert said.refused == []
    assert "'waiting': 35, 'acknowledged': 1" in said.out
    assert '"code": "99010001"' in said.out
    assert "ใบตอบรับนี้ระบบออกให้จริง และไม่มีสิ่งใดถูกแก้ไข" in said.out
    # The number on the letter and the school's own number are those of the receipt.
    document = json.loads((demo[0].folder / "build" / "receipt.json").read_text())["receipt"]
    assert re.fullmatch(r"ศธ 04999/ว \d+", document["letter_no"])
    assert f"เลขทะเบียนรับ  {document['number']}/{document['year']}" in said.out


@needs_curl
def test_the_guide_to_the_api_runs_as_it_is_written(demo: tuple[Stage, str]) -> None:
    said = played(API, demo)
    assert {status for status, _ in said.refused} == {401, 404, 409, 412, 415, 422, 428}
    assert said.statuses.count(206) == 2
    assert "'waiting': 35" in said.out
    assert said.out.rstrip().endswith(
        "SHA-256 "
        + json.loads((demo[0].folder / "build" / "receipt.json").read_text())["receipt"]["files"][-1][
            "sha256"
        ]
    )


@needs_curl
def test_an_office_is_set_up_backed_up_and_restored_as_it_is_written(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "office")
    settings = Settings(data=stage.folder / "data")
    settings.data.mkdir()
    tables = re.findall(r"`(\w+\.csv)`[^\n]*\n+```csv\n(.*?)```", OPERATIONS.read_text(), re.DOTALL)
    assert [name for name, _ in tables] == ["areas.csv", "schools.csv", "people.csv"]
    for name, text in tables:
        (stage.folder / name).write_text(text)
    first, *later = blocks(OPERATIONS, "sh")
    set_up = stage.play([first], **environment(settings))
    assert re.fullmatch(r"P\d+\n\w{4}-\w{4}-\w{4}\n", set_up.out)
    with serve_process(settings) as server:
        said = stage.play(later, server.base_url, **environment(settings))
    assert said.statuses == [200]
    assert '"first_number":2631' in said.out
    assert said.out.count("ครบถ้วน และไม่มีสิ่งใดถูกแก้ไข") == 2
    assert (stage.folder / "restored" / "saraban.db").exists()
