"""What each file may hold: its columns, the keys of its rows, and the order of sending."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from doorstep.importing import values as read

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """One column. `name` is ours (and YAML's), `others` are what banks call it."""

    name: str
    read: Callable[[Any], Any]
    others: tuple[str, ...] = ()
    required: bool = True
    many: bool = False
    secret: bool = False

    @property
    def title(self) -> str:
        """What to call it when it is missing."""
        return f"{self.others[0]} / {self.name}" if self.others else self.name


@dataclass(frozen=True)
class Kind:
    """One kind of file. `name` is its list in YAML and the field of its command."""

    name: str
    columns: tuple[Column, ...]
    key: Callable[[Values], str]

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """Every title it is known by, in plain form, and the column that is meant."""
        return {
            unicodedata.normalize("NFKC", title).lower(): column.name
            for column in self.columns
            for title in (column.name, *column.others)
        }

    @cached_property
    def secrets(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns if column.secret)

    @cached_property
    def _columns(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}

    def column(self, name: str) -> Column:
        return self._columns[name]

    def column_titled(self, title: str) -> str:
        return self.titles[title]


def optional(name: str, reader: Callable[[Any], Any]) -> Column:
    return Column(name, reader, required=False)


AGENCY = Column("agency", read.code, ("委托机构", "机构代码", "催收机构"))

AGENCIES = Kind(
    "agencies",
    (
        Column("code", read.code, ("机构代码",)),
        Column("name", read.name, ("机构名称",)),
        optional("active", read.flag),
    ),
    lambda row: str(row["code"]),
)
PEOPLE = Kind(
    "people",
    (
        AGENCY,
        Column("staff_no", read.code, ("工号",)),
        Column("name", read.name, ("姓名",)),
        optional("in_service", read.flag),
        optional("certificate.number", read.name),
        optional("certificate.valid_from", read.day),
        optional("certificate.valid_until", read.day),
    ),
    lambda row: f"{row['agency']}/{row['staff_no']}",
)
DEVICES = Kind(
    "devices",
    (
        Column("code", read.code, ("设备编号",)),
        AGENCY,
        Column("holder", read.code, ("持有人工号",)),
        Column("model", read.name, ("型号",)),
    ),
    lambda row: str(row["code"]),
)
LETTERS = Kind(
    "letters",
    (
        Column("number", read.code, ("授权书编号",)),
        AGENCY,
        Column("people", read.codes, ("外访员工号",), many=True),
        Column("valid_from", read.day, ("生效日期",)),
        Column("valid_until", read.day, ("失效日期",)),
    ),
    lambda row: str(row["number"]),
)
CASES = Kind(
    "cases",
    (
        Column("number", read.code, ("委案编号", "案件编号")),
        Column("debtor", read.name, ("债务人姓名", "客户姓名")),
        Column("id_number", read.identity, ("证件号码",), secret=True),
        Column("card_number", read.card, ("卡号",), secret=True),
        Column("amount", read.amount, ("逾期金额",)),
        Column("currency", read.currency, ("币种",)),
        Column("overdue_since", read.day, ("逾期起始日",)),
        Column("address", read.address, ("地址",)),
        Column("latitude", read.latitude, ("纬度",)),
        Column("longitude", read.longitude, ("经度",)),
        Column("datum", read.datum, ("坐标系",)),
        Column("zone", read.zone, ("时区",)),
        Column("place_class", read.place_class, ("场所类型",), required=False),
        AGENCY,
        Column("books", read.books, ("规则集",), many=True),
    ),
    lambda row: str(row["number"]),
)
VISITS = Kind(
    "visits",
    (
        Column("case", read.code, ("委案编号",)),
        Column("name", read.code, ("外访名称",)),
        AGENCY,
        Column("collectors", read.codes, ("外访员工号",), many=True),
        Column("letter", read.code, ("授权书编号",)),
        Column("zone", read.zone, ("时区",)),
        Column("not_before", read.wall_clock, ("最早时间",)),
        Column("not_after", read.wall_clock, ("最晚时间",)),
        Column("paper.number", read.code, ("信函编号",), required=False),
        Column("paper.template", read.code, ("信函模板",), required=False),
        Column("paper.how", read.handing, ("送达方式",), required=False),
    ),
    lambda row: f"{row['case']}/{row['name']}",
)
#: Who may sign in. Checked with the rest, never sent: passwords are in no file.
ACCOUNTS = Kind(
    "accounts",
    (
        Column("name", read.code, ("账号",)),
        Column("role", read.role, ("角色",)),
        Column("agency", read.code, required=False),
        optional("person", read.code),
    ),
    lambda row: str(row["name"]),
)

#: In the order they are sent: nothing is named before it is known.
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (AGENCIES, PEOPLE, DEVICES, LETTERS, CASES, VISITS, ACCOUNTS)
}
