"""Whatever is asked of a described route, it answers as its description promises, and never with a 500."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from saraban.office import Office
from tests import world
from tests.server import Client


def ask_strange_things(office: Office, client: Client, *options: str) -> None:
    world.three_offices(office)
    somebody = world.person(office, role="registrar", clearance="secret")
    asked = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "run",
            f"{client.base_url}/openapi.json",
            f"--header=Authorization: Bearer {world.key_for(office, somebody)}",
            "--no-color",
            # A well-formed request may still be refused: the letter is not theirs, the register is closed.
            "--exclude-checks=positive_data_acceptance",
            *options,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_no_strange_request_breaks_the_office(office: Office, client: Client) -> None:
    ask_strange_things(
        office, client, "--phases=examples,coverage,fuzzing", "--max-examples=5", "--generation-deterministic"
    )


@pytest.mark.long
def test_no_strange_request_breaks_the_office_in_a_long_time(office: Office, client: Client) -> None:
    ask_strange_things(office, client, "--max-examples=1000")
