"""The press: a page that hangs, eats memory or dies harms nobody else; no text reaches beyond its page."""

from __future__ import annotations

import os
import pickle
import select
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from saraban.errors import PrintBusy, PrintFailed
from saraban.press import Press, pages
from saraban.press.process import Worker, _told
from tests.documents import PNG, png
from tests.pictures import looks_like, text_of
from tests.server import CHECKOUT, DEADLINE

ENDLESS = "<table>" + "<tr><td>ก<td>ข" * 200_000
HUNGRY = f'<img src="data:image/png;base64,{b64encode(png(5000)).decode()}">'  # 75 MB when it is unpacked
LAKSAMAN = "/usr/share/fonts/truetype/tlwg/Laksaman.ttf"
FINE = '<p lang="th" style="font-family: Laksaman">ขอแสดงความนับถือ'


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    """It has little patience, little memory, and its own font: Laksaman drawn small, as TH Sarabun is."""
    folder = tmp_path_factory.mktemp("fonts")
    small = TTFont(LAKSAMAN)
    small["head"].unitsPerEm = 1430
    small.save(folder / "small.ttf")
    press = Press(workers=1, seconds=1, memory_bytes=64 * 2**20, fonts=folder)
    yield press
    press.close()


def test_a_page_that_takes_too_long_is_given_up_and_the_next_is_made(strict: Press) -> None:
    with pytest.raises(PrintFailed, match="เกิน 1 วินาที"):
        strict.run(pages.pdf, ENDLESS)
    assert text_of(strict.run(pages.pdf, FINE)).startswith("ขอแสดง")


def test_a_page_that_eats_memory_is_given_up_and_the_next_is_made(strict: Press) -> None:
    with pytest.raises(PrintFailed, match="หน่วยความจำ"):
        strict.run(pages.pdf, HUNGRY)
    assert strict.run(pages.pdf, FINE)


def test_a_process_that_is_killed_is_replaced(strict: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    finish = Worker.finish

    def killed(worker: Worker, seconds: float) -> object:
        os.kill(worker._process.pid, signal.SIGKILL)
        return finish(worker, seconds)

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "finish", killed)
        with pytest.raises(PrintFailed, match="-9"):
            strict.run(pages.pdf, ENDLESS)
    assert strict.run(pages.pdf, FINE)
    (resting,) = strict._all
    os.kill(resting._process.pid, signal.SIGKILL)  # between two pages: neither is lost
    assert strict.run(pages.pdf, FINE)
    assert resting not in strict._all


def test_whoever_finds_no_room_for_as_long_as_a_page_may_take_is_told_so() -> None:
    crowded = Press(workers=1, seconds=0.01)
    with crowded._room, pytest.raises(PrintBusy):
        crowded.run(pages.pdf, FINE)


def test_two_pages_are_made_at_once_and_nothing_is_mixed_up(press: Press) -> None:
    with ThreadPoolExecutor(4) as four:
        made = list(four.map(lambda n: press.run(pages.pdf, f"<p>{n}"), range(20)))
    assert [text_of(one) for one in made] == [str(n) for n in range(20)]


SYLLABLES = ["ปั๊มน้ำ", "ผู้อำนวยการ", "ครั้งที่", "ฟื้นฟู", "ญี่ปุ่น", "กตัญญู", "ฐานะ", "สิทธิ์", "ป้ำเป๋อ"]
SMALL = """<style>@page { size: 8cm 9cm; margin: 5mm } p { margin: 0; font: 14pt Own, Laksaman }</style>
<body lang="th">""" + "".join(f"<p>{syllables}" for syllables in SYLLABLES)


def test_thai_can_be_copied_out_as_it_is_written(press: Press) -> None:
    made = press.run(pages.pdf, SMALL)
    assert text_of(made) == "".join(SYLLABLES)
    looks_like(made, "syllables")


def test_the_office_s_own_font_is_as_tall_as_the_usual_one(strict: Press) -> None:
    made = strict.run(pages.pdf, SMALL)
    with pikepdf.open(BytesIO(made)) as pdf:
        (font,) = pdf.pages[0].Resources.Font.values()
        assert str(font.BaseFont).endswith("+Own")
    looks_like(made, "syllables")


SERVICE = """
import sys, threading
from saraban.press import Press, pages
press = Press(workers=2)
press.run(pages.pdf, "")
(resting,) = press._all
press._idle.clear()
threading.Thread(target=press.run, args=(pages.pdf, sys.stdin.readline()), daemon=True).start()
while len(press._all) < 2 or press._idle:
    pass
print(*[worker._process.pid for worker in press._all], flush=True)
sys.stdin.read()
"""


def test_a_service_that_is_killed_leaves_no_process_behind() -> None:
    """One rests and one is in the middle of a page that would take minutes."""
    service = subprocess.Popen(
        [sys.executable, "-c", SERVICE],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with service:
        assert service.stdin is not None
        assert service.stdout is not None
        print(ENDLESS, file=service.stdin, flush=True)
        seen = [os.pidfd_open(int(pid)) for pid in service.stdout.readline().split()]
        assert len(seen) == 2
        service.kill()
        for each in seen:
            assert select.select([each], [], [], DEADLINE)[0], "it lives on without its service"
            os.close(each)


def test_no_text_reaches_a_file_or_an_address(press: Press, tmp_path: Path) -> None:
    """Even if a template forgot to escape what somebody typed."""
    secret = tmp_path / "secret.png"
    secret.write_bytes(PNG)
    (tmp_path / "secret.css").write_text("p::after { content: 'leaked' }")
    here = secret.as_uri().removesuffix(".png")
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        stranger.setblocking(False)
        there = f"http://127.0.0.1:{stranger.getsockname()[1]}"
        page = "".join(
            f'<img src="{one}.png"><link rel=stylesheet href="{one}.css">'
            f'<link rel=attachment href="{one}.png">'
            f'<style>@import url("{one}.css"); @font-face {{ font-family: x; src: url({one}.ttf) }}'
            f"p {{ background: url({one}.png); font-family: x }}</style>"
            f'<object data="{one}.png"></object><svg><image href="{one}.png"/><use href="{one}.svg#x"/></svg>'
            for one in (here, there)
        )
        made = press.run(
            pages.pdf, f"<base href={here}>{page}<a rel=attachment href={here}.png>x</a><p>ข้อความ"
        )
        with pytest.raises(BlockingIOError):
            stranger.accept()
    assert text_of(made) == "xข้อความ"
    with pikepdf.open(BytesIO(made)) as pdf:
        assert not pdf.attachments
        assert [page.get_images() for page in pdf.pages] == [{}]
    shown = press.run(pages.pdf, f'<img src="data:image/png;base64,{b64encode(PNG).decode()}">')
    assert b"/Image" in shown


@pytest.mark.parametrize("what", ["saraban.press.process subprocess.Popen", "saraban.press.worker os.system"])
def test_a_process_that_was_taken_over_can_make_the_service_do_nothing(what: str, tmp_path: Path) -> None:
    made = tmp_path / "made"
    given = (["touch", str(made)],) if what.endswith("Popen") else (f"touch {made}",)
    named = b"".join(b"\x8c%c%s" % (len(one), one) for one in what.encode().split())
    answer = b"\x80\x04%s\x93%sR." % (named, pickle.dumps(given, 2)[2:-1])
    with pytest.raises(PrintFailed, match="ผิดปกติ"):
        _told(answer)
    assert not made.exists()
    anybody = pickle.loads(answer)  # who believes it
    if isinstance(anybody, subprocess.Popen):
        anybody.wait()
    assert made.exists()
