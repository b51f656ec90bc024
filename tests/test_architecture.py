"""The drawing of the house in the documentation is the house: who may import whom, read, begin and commit."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("saraban", "routers", "storage")
IMPORT_LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of ours by its path in the checkout, parsed."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text())


def run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_imports_go_in_one_direction() -> None:
    run("lint-imports", "--no-cache")


def test_the_code_keeps_to_the_style() -> None:
    run("ruff", "check", "--no-cache", "--quiet")


def test_every_module_has_its_place_in_the_direction() -> None:
    """A new module that no layer names would be free to import anything."""
    (direction,) = [one for one in IMPORT_LINTER["contracts"] if one["id"] == "direction"]
    placed = set(re.findall(r"[\w.]+", " ".join(direction["layers"])))
    for path in (ROOT / "saraban").iterdir():
        if path.suffix == ".py" or (path / "__init__.py").exists():
            name = f"saraban.{path.stem}"
            assert name in placed or path.name == "__init__.py", f"{name} has no layer in pyproject.toml"


OF_THE_PRESS = {"weasyprint", "pikepdf", "pypdfium2", "PIL", "fontTools"}
INSIDE = {"saraban.press.room", "saraban.press.sheets"}  # of the press, and loaded there only


def test_what_makes_and_opens_pdfs_is_not_loaded_by_the_service() -> None:
    """60 MB and a second; and a stranger's file that takes over what reads it stands alone."""
    for path, tree in modules():
        if path[:-3].replace("/", ".") not in INSIDE:
            for name in {name for node in tree.body for name in _imported(node)}:
                assert name.split(".")[0] not in OF_THE_PRESS, path
                assert name not in INSIDE, path


def _imported(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{one.name}" for one in node.names] + [str(node.module)]
    return [one.name for one in node.names] if isinstance(node, ast.Import) else []


def test_only_the_command_line_reads_the_environment() -> None:
    readers = {
        path
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name | ast.alias)
        and _name(node) in {"environ", "environb", "getenv", "putenv"}
    }
    assert readers == {"saraban/cli/opening.py"}


def test_only_the_engines_begin_and_commit() -> None:
    speakers = {path for path, tree in modules() for node in ast.walk(tree) if _speaks_of_transactions(node)}
    engines = {"storage/postgresql.py", "storage/sqlite.py"}
    assert {path for path in speakers if "/migrations/" not in path} == engines


def _speaks_of_transactions(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in {"begin", "begin_nested", "commit", "rollback"}
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.match(r"\s*(BEGIN|COMMIT|ROLLBACK)\b", node.value) is not None
    )


def _name(node: ast.Attribute | ast.Name | ast.alias) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name):
            return name
    raise AssertionError(node)
