"""A receipt (收条) on one A5 page, in two languages, the same bytes each time it is drawn.

The font lies in the system, from a package that `doorstep/bootstrap.sh` installs; the
glyphs that a receipt needs of it go into the file.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from chassis import logs
from services.recovery.jobs.capitals import in_capitals

FONT = Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc")
PACKAGE = "fonts-wqy-zenhei"

WIDTH, HEIGHT = A5
LEFT, RIGHT, LABELS = 13 * mm, WIDTH - 13 * mm, 38 * mm
#: Where the collectors sign, unless what stands above it needs the room.
SIGNED = 20 * mm
INK, GREY = Color(0.1, 0.1, 0.12), Color(0.42, 0.42, 0.46)

SENTENCES = (
    ("未收取任何费用。", "No fee of any kind was taken."),
    (
        "上述款项将存入银行指定账户，最迟于 {bank_by}（北京时间）。",
        "The money is paid into the bank's designated account by {bank_by} (UTC+8).",
    ),
    (
        "如有异议或投诉：请拨打银行卡背面的客服电话，或凭外访员证件上的查询码向银行投诉。",
        "To object or complain: call the number on the back of your bank card, or use "
        "the code on the collectors' badges.",
    ),
)


class FontMissing(Exception):
    """The font that receipts are drawn with is not on this machine."""


@dataclass(frozen=True)
class Slip:
    """What stands on a receipt. Moments are in the bank's own zone."""

    number: str
    bank: str
    agency: str
    payer: str
    case: str
    amount: Decimal
    currency: str
    at: datetime
    bank_by: datetime
    authority: str
    collectors: tuple[str, ...]

    def lines(self) -> Iterable[tuple[str, str, str]]:
        """Yield what is said, in both languages, and what it is."""
        yield "付款人", "Received from", self.payer
        yield "金额", "Amount", f"{self.currency} {self.amount:,.2f}"
        if self.currency == "CNY":
            yield "大写", "In words", in_capitals(self.amount)
        yield "案件编号", "Case", self.case
        yield "收款时间", "Taken at", f"{self.at:%Y-%m-%d %H:%M}（北京时间 UTC+8）"
        yield "收款人", "Taken by", "、".join(self.collectors)
        yield "催收机构", "Agency", self.agency
        yield "委托银行", "For the bank", self.bank
        yield "现金授权", "Cash authority", self.authority


def draw(slip: Slip) -> bytes:
    """Return the receipt as PDF. Raises FontMissing."""
    name = font().fontName
    page = io.BytesIO()
    canvas = Canvas(
        page,
        pagesize=A5,
        invariant=True,
        initialFontName=name,  # type: ignore[arg-type]  # its stub takes a name for a size
    )
    canvas.setTitle(f"收条 Receipt {slip.number}")
    canvas.setAuthor("Doorstep")
    head(canvas, name, slip)
    y = HEIGHT - 37 * mm
    for zh, en, value in slip.lines():
        y = line(canvas, name, y, (zh, en, legible(value)))
    y -= 4 * mm
    for texts in SENTENCES:
        y = sentence(canvas, name, y, texts, f"{slip.bank_by:%Y-%m-%d %H:%M}")
    sign(canvas, name, min(SIGNED, y))
    canvas.showPage()
    canvas.save()
    return page.getvalue()


@cache
def font() -> TTFont:
    """Return the font, made known to the library. Raises FontMissing."""
    if not FONT.exists():
        missing = f"receipts cannot be drawn without {FONT}; apt-get install {PACKAGE}"
        logs.log.error(missing)
        raise FontMissing(missing)
    found = TTFont(FONT.stem, FONT, subfontIndex=0)
    pdfmetrics.registerFont(found)
    return found


def legible(text: str) -> str:
    """Return a text whose every character the font can draw, the others by their number.

    A rare character of a name shall not become a blank box.
    """
    known = font().face.charToGlyph
    return "".join(c if ord(c) in known else f"[U+{ord(c):X}]" for c in text)


def head(canvas: Canvas, name: str, slip: Slip) -> None:
    top = HEIGHT - 22 * mm
    canvas.setFillColor(INK)
    canvas.setFont(name, 24)
    canvas.drawString(LEFT, top, "收 条")
    canvas.setFont(name, 15)
    canvas.drawString(LEFT + 30 * mm, top, "Receipt")
    canvas.setFont(name, 12)
    canvas.drawRightString(RIGHT, top, slip.number)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1.2)
    canvas.line(LEFT, top - 5 * mm, RIGHT, top - 5 * mm)


def line(canvas: Canvas, name: str, y: float, said: tuple[str, str, str]) -> float:
    """Draw one line of the receipt; return where the next one begins."""
    zh, en, value = said
    canvas.setFillColor(GREY)
    canvas.setFont(name, 9.5)
    canvas.drawString(LEFT, y, zh)
    canvas.setFont(name, 7.5)
    canvas.drawString(LEFT + 17 * mm, y, en)
    below = flow(canvas, name, (LEFT + LABELS, y), value, size=10.5)
    return min(y, below) - 8.2 * mm


def sentence(
    canvas: Canvas, name: str, y: float, texts: tuple[str, str], bank_by: str
) -> float:
    """Draw a sentence in both languages; return where the next one begins."""
    zh, en = (text.format(bank_by=bank_by) for text in texts)
    y = flow(canvas, name, (LEFT, y), zh, size=9.5) - 4.6 * mm
    return flow(canvas, name, (LEFT, y), en, size=8, ink=GREY) - 6.6 * mm


def flow(
    canvas: Canvas,
    name: str,
    at: tuple[float, float],
    text: str,
    *,
    size: float,
    ink: Color = INK,
) -> float:
    """Draw a text from this base line on, broken at the margin; return its last one."""
    x, y = at
    wrap = None if text.isascii() else "CJK"
    leading = size * 1.4
    style = ParagraphStyle(
        "flow", fontName=name, fontSize=size, leading=leading, textColor=ink, wordWrap=wrap
    )
    paragraph = Paragraph(escape(text), style)
    _, height = paragraph.wrap(RIGHT - x, y)
    paragraph.drawOn(canvas, x, y + size - height)
    return y - (height - leading)


def sign(canvas: Canvas, name: str, y: float) -> None:
    """Draw where the two collectors sign, at this height."""
    canvas.setStrokeColor(GREY)
    canvas.setFillColor(GREY)
    canvas.setLineWidth(0.6)
    canvas.setFont(name, 8)
    middle = WIDTH / 2
    for start, end in ((LEFT, middle - 4 * mm), (middle + 4 * mm, RIGHT)):
        canvas.line(start, y, end, y)
        canvas.drawString(start, y - 4.5 * mm, "收款人签名 Signature")
