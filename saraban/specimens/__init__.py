"""Every form with the most it must hold: to be looked at when a font, a template or a library has changed.

Each module here has `specimens(press)`, which yields the Thai name of a form and its PDF."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from saraban.press import Press
from saraban.press.looks import pictures

_DPI = 110  # a page fills a screen

# As long as real ones are: names of schools have 50 letters at most, and some of them no blank.
TALL = "ปั๊มน้ำ ป้ำเป๋อ ฝ่าย ฟื้นฟู ญี่ปุ่น กตัญญู ฐานานุกรม ฎีกา ปฏิญญา ผู้ใหญ่ที่ดี ซื้อ ชื่อ ขึ้น กี่ ไม้ม้วน ๆ ฯลฯ"
SCHOOL = "เฉลิมพระเกียรติ ๖๐ พรรษา วัดตัวอย่างราษฎร์สามัคคีฯ"
SCHOOL_IN_ONE = "วัดโคกตัวอย่าง(ประชานุกุลวิทยาสำนักงานสมทบสร้าง๑๒)"
AREA = "สพม.ตัวอย่าง เขต 10(ตัวอย่างบุรี-ประจวบฯ-สงคราม-สาคร)"
GROUP = "กลุ่มส่งเสริมการศึกษาทางไกล เทคโนโลยีสารสนเทศและการสื่อสาร"
PERSON = "ว่าที่ร้อยตรีหญิง กมลวรรณพัชรพร ณ ตัวอย่างอยุธยาเจริญสุขสวัสดิ์"
FILE = "บัญชีรายละเอียดประกอบการโอนจัดสรรงบประมาณรายจ่ายประจำปี_งบประมาณ_พ.ศ.2569_ครั้งที่_12_(แก้ไข).xlsx"
SUBJECT = (
    "การจัดสรรงบประมาณรายจ่ายประจำปี แผนงานยุทธศาสตร์พัฒนาคุณภาพการศึกษาและการเรียนรู้ โครงการสนับสนุนค่าใช้จ่าย"
    "ในการจัดการศึกษาตั้งแต่ระดับอนุบาลจนจบการศึกษาขั้นพื้นฐาน งบเงินอุดหนุน ค่าอุปกรณ์การเรียน ภาคเรียนที่ 1/2569"
)
LETTER_NO = "ศธ 04999.9999/ว 123456"


def print_specimens(press: Press, folder: Path, only: str | None = None) -> Iterator[Path]:
    """Each form, or those of one module, as a PDF, and each of its pages as a picture beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for found in pkgutil.iter_modules(__path__):
        if only not in (None, found.name):
            continue
        for name, made in import_module(f"{__name__}.{found.name}").specimens(press):
            file = folder / f"{name}.pdf"
            file.write_bytes(made)
            for number, picture in enumerate(press.run(pictures, made, _DPI), start=1):
                (folder / f"{name}-{number}.png").write_bytes(picture)
            yield file
