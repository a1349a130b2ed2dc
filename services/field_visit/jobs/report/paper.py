"""A page of texts as PDF, the same bytes each time it is set.

It is set in a child: of what stands on it some was said at a door. Texts go in as data,
never as markup; the child reads no file but ours and the font's, and reaches no network.
"""

import hashlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import segno
import typst

from chassis import child
from chassis.child import Limits
from services.field_visit.jobs.report.glyphs import (
    FAMILY,
    FONT,
    legible,
    refuse_without_font,
)
from services.field_visit.jobs.report.laying import Page

SOURCE = Path(__file__).parent / "report.typ"
#: The form for archives (ISO 19005-2): fonts inside, each character readable again. It
#: refuses a character that the font cannot draw.
FORM: Final = "a-2u"
#: What a child may use, and the file that it leaves. The fullest page took 384 MiB of
#: address space, most of it the font, and a second.
LIMITS = Limits(memory_mib=1024, cpu_s=20, clock_s=120, file_mib=4)
PDF = "report.pdf"
#: Where typst would fetch packages by: a port that nobody listens at. We use none.
NOWHERE = "http://127.0.0.1:9"


def drawn(page: Page, place: Path, renew: Callable[[], None]) -> bytes:
    """Have a child set a page in this folder; return the PDF.

    Raises FontMissing before there is a child: nobody hears what one says. ChildEnded.
    """
    refuse_without_font()
    function = f"{__name__}:set_page"
    told = child.run(function, page.task(), place, LIMITS, renew)
    pdf = (place / PDF).read_bytes()
    if hashlib.sha256(pdf).hexdigest() != told["sha256"]:
        raise child.Failed("another file than it told of")
    return pdf


def set_page(task: dict[str, Any]) -> dict[str, Any]:
    """Be the child: leave the PDF in this folder.

    One thread: each more takes address space, of which a child has little, on a machine
    with many processors most of all.
    """
    os.environ |= {"HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, "RAYON_NUM_THREADS": "1"}
    pdf = compiled(task)
    Path(PDF).write_bytes(pdf)
    return {"sha256": hashlib.sha256(pdf).hexdigest()}


def compiled(task: dict[str, Any]) -> bytes:
    """Set a page here and now. Raises FontMissing, typst.TypstError."""
    made = compiler(task).compile(pdf_standards=FORM, timestamp=task["at"])
    assert isinstance(made, bytes)  # it is neither a file nor pictures
    return made


def compiler(task: dict[str, Any]) -> typst.Compiler:
    """Return what sets a page, with one font and no file of this machine but ours."""
    page = readable(task) | {"font": FAMILY, "qr_svg": code(task["qr"])}
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[FONT.parent],
    )
    return typst.Compiler(
        SOURCE.read_bytes(),
        root=Path(),
        font_paths=fonts,
        sys_inputs={"page": json.dumps(page)},
    )


def readable(value: Any) -> Any:
    """Return the same with all its texts made legible."""
    if isinstance(value, str):
        return legible(value)
    if isinstance(value, dict):
        return {key: readable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [readable(each) for each in value]
    return value


def code(text: str) -> str:
    """Return a QR code (ISO 18004) of a text as SVG, that a seventh of may be soiled."""
    drawn = io.BytesIO()
    made = segno.make(text, error="m", micro=False, boost_error=False)
    made.save(drawn, kind="svg", xmldecl=False, border=4)
    return drawn.getvalue().decode()
