"""What is installed elsewhere is this house, whole; what builds and starts it names things that exist."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

from saraban.settings import PREFIX, Settings
from saraban.specimens import TALL
from tests.pictures import text_of

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())


def run(*command: str | Path, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A program with nothing of this checkout in its surroundings, but `path` where it looks for packages."""
    surroundings = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", PREFIX))
    }
    if path is not None:
        surroundings["PYTHONPATH"] = str(path)
    return subprocess.run(command, cwd=cwd, env=surroundings, capture_output=True, text=True, check=False)


def succeed(*command: str | Path, cwd: Path) -> str:
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# -- the wheel -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source distribution, so that both are whole."""
    folder = tmp_path_factory.mktemp("dist")
    succeed(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment with the wheel; its dependencies are seen where they are."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    site = Path(
        succeed(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    )
    # Only the folder is added: the .pth files in it, the checkout's own among them, are not read again.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    succeed(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    return folder / "bin"


def test_the_wheel_holds_every_file_of_the_house(wheel: Path) -> None:
    kept = set(zipfile.ZipFile(wheel).namelist())
    homes = {
        "saraban": "saraban",
        "routers": "routers",
        "storage": "storage",
        "templates": "saraban/templates",
    }
    for folder, home in homes.items():
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                assert f"{home}/{file.relative_to(ROOT / folder).as_posix()}" in kept
    assert {name.split("/")[0] for name in kept if ".dist-info/" not in name} == {
        "saraban",
        "routers",
        "storage",
    }


def test_the_installed_house_speaks_from_another_directory(elsewhere: Path, tmp_path: Path) -> None:
    assert "serve" in succeed(elsewhere / "saraban", "--help", cwd=tmp_path)
    said = succeed(elsewhere / "saraban", "openapi", cwd=tmp_path)
    assert "/api/v1/me" in json.loads(said)["paths"]


def test_the_installed_house_brings_its_templates_and_migrations(elsewhere: Path, tmp_path: Path) -> None:
    store = tmp_path / "new.db"
    program = (
        "import saraban; from pathlib import Path; from storage.database import migrate;"
        f"migrate('sqlite:///{store}'); home = Path(saraban.__file__).parent; print(home);"
        "print(*(p.relative_to(home) for p in (home / 'templates').rglob('*') if p.is_file()), sep='\\n')"
    )
    home, *names = succeed(elsewhere / "python", "-c", program, cwd=tmp_path).splitlines()
    assert Path(home).is_relative_to(elsewhere.parent)
    ours = {str(file.relative_to(ROOT)) for file in (ROOT / "templates").rglob("*") if file.is_file()}
    assert ours <= set(names)
    with sqlite3.connect(store) as made:
        assert made.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_the_installed_house_prints(elsewhere: Path, tmp_path: Path) -> None:
    """And so does the command that prints every form: pages, and a picture of each."""
    succeed(elsewhere / "saraban", "paper", "forms", "--only", "receipt", cwd=tmp_path)
    names = ["ใบตอบรับ-1.png", "ใบตอบรับ-2.png", "ใบตอบรับ.pdf"]
    assert sorted(file.name for file in (tmp_path / "forms").iterdir()) == names
    assert "".join(TALL.split()) in text_of((tmp_path / "forms" / names[2]).read_bytes())


# -- the neighbours --------------------------------------------------------------------------------------

ASK = "from saraban.house import check_neighbours; check_neighbours(); print('ours')"


def test_the_house_knows_its_own_neighbours() -> None:
    assert succeed(sys.executable, "-c", ASK, cwd=ROOT) == "ours\n"


def test_a_strangers_routers_package_is_refused_before_its_code_runs(elsewhere: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "routers" / "__init__.py"
    stranger.parent.mkdir()
    stranger.write_text("print('a stranger speaks')\nHOUSE = 'saraban'\n")
    refused = run(elsewhere / "saraban", "--help", cwd=tmp_path, path=tmp_path)
    assert refused.returncode != 0
    assert str(stranger.parent) in refused.stderr
    assert "a stranger speaks" not in refused.stdout


def test_a_package_that_was_installed_over_ours_is_refused(tmp_path: Path) -> None:
    for name in ("saraban", "routers", "storage"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_bytes((ROOT / name / "__init__.py").read_bytes())
    (tmp_path / "saraban" / "house.py").write_bytes((ROOT / "saraban" / "house.py").read_bytes())
    assert run(sys.executable, "-c", ASK, cwd=tmp_path).stdout == "ours\n"
    (tmp_path / "storage" / "__init__.py").write_text("")
    refused = run(sys.executable, "-c", ASK, cwd=tmp_path)
    assert refused.returncode != 0
    assert "ImportError" in refused.stderr
    assert "storage" in refused.stderr


# -- the locked requirements -----------------------------------------------------------------------------


def pins(name: str) -> dict[str, str]:
    return dict(
        re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", (ROOT / name).read_text(), re.MULTILINE)
    )


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_locked_with_a_hash_and_names_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    stanzas = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert len(stanzas) == len(pins(name))
    assert all("--hash=sha256:" in stanza for stanza in stanzas)
    assert "://" not in text
    assert "--index" not in text


def test_every_dependency_is_locked_and_the_tests_run_on_the_same_ones() -> None:
    runtime, development = pins("requirements.txt"), pins("requirements-dev.txt")
    bare = [re.match(r"[A-Za-z0-9._-]+", one) for one in PROJECT["dependencies"]]
    assert {found.group() for found in bare if found} <= runtime.keys()
    extra = [re.match(r"[A-Za-z0-9._-]+", one) for one in PROJECT["optional-dependencies"]["dev"]]
    assert {found.group() for found in extra if found} <= development.keys()
    assert runtime.items() <= development.items()


# -- the image and the composition -----------------------------------------------------------------------


def copied() -> list[str]:
    """What the Dockerfile takes from the checkout."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def test_the_image_is_built_from_what_exists_and_is_let_through() -> None:
    let_through = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line[:1] == "!"
    }
    assert copied()
    for source in copied():
        assert (ROOT / source).exists()
        assert source in let_through
    assert let_through == set(copied())


def test_the_image_runs_as_a_number_that_is_not_root_and_is_asked_how_it_is() -> None:
    (user,) = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)
    assert int(user) > 0
    (asked,) = re.findall(r"CMD (\[\"python\", \"-c\".+\])$", DOCKERFILE, re.MULTILINE)
    compile(json.loads(asked)[2], "HEALTHCHECK", "exec")
    assert "/healthz" in asked


def test_the_image_and_the_makefile_bring_the_same_system_packages() -> None:
    debian = r"\b(?:lib[a-z]+[a-z0-9.-]*-?0|fonts-[a-z-]+)(?=[\s\"])"
    makefile = set(re.findall(debian, (ROOT / "Makefile").read_text()))
    assert set(re.findall(debian, DOCKERFILE)) == makefile
    assert len(makefile) == 4


def test_the_composition_names_only_services_volumes_and_settings_that_exist() -> None:
    services = COMPOSE["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= services.keys()
        named = {
            mount.split(":")[0] for mount in service.get("volumes", []) if not mount.startswith((".", "/"))
        }
        assert named <= COMPOSE["volumes"].keys()
        if service.get("image") == "saraban":
            given = Settings.from_env(service["environment"])
            assert given.database.startswith("postgresql://")


def commands() -> list[list[str]]:
    in_image = re.findall(r"^CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    composed = [one["command"] for one in COMPOSE["services"].values() if one.get("image") == "saraban"]
    return [*map(json.loads, in_image), *composed]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_the_commands_that_containers_start_exist(command: list[str]) -> None:
    assert PROJECT["scripts"] == {"saraban": "saraban.cli:main"}
    done = run(sys.executable, "-m", "saraban.cli", *command, "--help", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for option in (part for part in command if part.startswith("--")):
        assert option in done.stdout


def test_the_continuous_integration_script_is_one_that_bash_can_read() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    succeed("bash", "-n", script, cwd=ROOT)
