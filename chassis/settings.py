"""What differs between one running Doorstep and another: the one settings object.

Every setting is an environment variable: `DATABASE_URL`, `AMQP_URI`, and the others with
the prefix `DOORSTEP_`. `doorstep up` writes them to `var/run/settings.env`. A password may
lie in a file of its own, as containers are given theirs; no error quotes an address.
"""

from functools import cache
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote, unquote, urlsplit

from pydantic import (
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

#: A bank that there is not, for a desk. In production each of these is to be set.
A_BANK = {
    "bank_name": "示范银行",
    "bank_hotline": "400-000-0000",
    "bank_complaints": "示范市示范路 1 号，示范银行消费者权益保护部",
}
#: And what is said of it in other languages, each as long as nobody says it of the bank.
ELSEWHERE = {
    "bank_name": {"zh_tw": "示範銀行", "en": "Demo Bank"},
    "bank_complaints": {
        "zh_tw": "示範市示範路 1 號，示範銀行消費者權益保護部",
        "en": "Demo Bank, Consumer Protection, 1 Demo Road, Demo City",
    },
}

#: Passwords that everybody tries first; beside them a user's own name, and none.
DEFAULTS = frozenset({"admin", "changeme", "guest", "password", "postgres", "secret"})


class Unusable(Exception):
    """The environment does not say what we need, or says it wrongly. In one sentence."""


class Settings(BaseSettings):
    """The settings of this process.

    `clock` is `<pretended moment>@<real moment>`, both RFC 3339: time then runs on from
    the pretended moment. Only in development. `media` is the folder that photos and sound
    are kept in, shared by gateways and workers. `status_port` is where a part without an
    HTTP port of its own serves `/metrics`, `/livez` and `/readyz`, on `http_host`.
    `position_days`: after so many days it is forgotten where people stood, but evidence.
    `database_password_file` and `broker_password_file` hold what the addresses leave out.
    `bank_code_keys` is the file of the public keys by which the bank signs payment codes;
    without it, `bank-codes.json` in the folder of keys, if there is one.
    `pack_hours` is how long a phone may go by the pack of its day.
    `bank_name`, `bank_hotline` and `bank_complaints` are what somebody at a door is told
    of the bank: how it is called, its telephone, and where else one complains; name and
    place in other languages too, where they are written otherwise there.
    By the `seal_suite` new fields are sealed, and signed what is signed for many years
    (docs/evidence.md): it is chosen once. `verify_at` is where whoever holds a visit report
    finds the heads of the log.
    `heads_to` lists where tree heads are given to, `heads_password_file` holds the
    password of its user, `heads_networks` the only networks that any of it may lie in.
    `tsa_url` is a timestamp authority (RFC 3161), and `tsa_ca` the file of whom its
    certificate is from.
    """

    model_config = SettingsConfigDict(
        env_prefix="DOORSTEP_", frozen=True, hide_input_in_errors=True
    )

    database_password_file: Path | None = None
    broker_password_file: Path | None = None
    database_url: str = Field(validation_alias="DATABASE_URL", repr=False)
    amqp_uri: str = Field(validation_alias="AMQP_URI", repr=False)
    environment: Literal["development", "production"] = "development"
    clock: str | None = None
    keys: Path = Path("var/keys")
    media: Path = Path("var/media")
    http_host: str = "127.0.0.1"
    http_port: int = 8440
    status_port: int | None = None
    bank: str = "demo"
    bank_code_keys: Path | None = None
    pack_hours: int = Field(default=12, ge=1, le=24)
    position_days: int = Field(default=90, ge=1)
    bank_name: str = Field("", max_length=80)
    bank_name_zh_tw: str = Field("", max_length=80)
    bank_name_en: str = Field("", max_length=80)
    bank_hotline: str = Field("", max_length=30, pattern=r"^(\+?[0-9][0-9 ()-]{2,})?$")
    bank_complaints: str = Field("", max_length=300)
    bank_complaints_zh_tw: str = Field("", max_length=300)
    bank_complaints_en: str = Field("", max_length=300)
    seal_suite: Literal["international", "sm"] = "international"
    verify_at: str = Field("", max_length=200, pattern=r"^(https://[!-~]+)?$")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    heads_to: str = Field("", repr=False)
    heads_password_file: Path | None = None
    heads_networks: str = ""
    tsa_url: str = Field("", repr=False, pattern=r"^(https?://[^\s@]+)?$")
    tsa_ca: Path | None = None

    @field_validator("database_url")
    @classmethod
    def complete_database_url(cls, url: str, known: ValidationInfo) -> str:
        return with_password(url, known.data.get("database_password_file"))

    @field_validator("amqp_uri")
    @classmethod
    def complete_amqp_uri(cls, uri: str, known: ValidationInfo) -> str:
        return with_password(uri, known.data.get("broker_password_file"))

    @field_validator("heads_to")
    @classmethod
    def refuse_no_places(cls, listed: str) -> str:
        from chassis.outward import places  # which reads the settings itself

        places(listed)
        return listed

    @field_validator("heads_networks")
    @classmethod
    def refuse_no_networks(cls, listed: str) -> str:
        from chassis.outward import networks

        networks(listed)
        return listed

    @model_validator(mode="after")
    def refuse_a_stamp_that_nobody_checks(self) -> Self:
        if self.tsa_url and self.tsa_ca is None:
            raise ValueError(
                "DOORSTEP_TSA_URL is set and DOORSTEP_TSA_CA is not; name the file of the "
                "certificates that its tokens are checked by"
            )
        return self

    @model_validator(mode="after")
    def refuse_pretence_in_production(self) -> Self:
        if self.environment == "production" and self.clock:
            raise ValueError(
                "DOORSTEP_CLOCK is set in production; unset it: a pretended clock "
                "would date every decision wrongly"
            )
        return self

    @model_validator(mode="after")
    def refuse_doors_without_locks(self) -> Self:
        addresses = {"DATABASE_URL": self.database_url, "AMQP_URI": self.amqp_uri}
        for name, url in addresses.items():
            if self.environment == "production" and is_open(url):
                raise ValueError(
                    f"the password of {name} is missing, or one that everybody tries "
                    "first; give its user another one, and us its file"
                )
        return self

    @model_validator(mode="before")
    @classmethod
    def name_a_bank(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Let a desk be a bank that there is not."""
        if given.get("environment") == "production":
            return given
        elsewhere = {
            f"{name}_{language}": text
            for name, texts in ELSEWHERE.items()
            if not given.get(name)
            for language, text in texts.items()
        }
        return A_BANK | elsewhere | given

    @model_validator(mode="after")
    def refuse_a_nameless_bank(self) -> Self:
        unsaid = [name for name in A_BANK if not str(getattr(self, name)).strip()]
        if unsaid:
            raise ValueError(
                f"{', '.join(map(named_one, unsaid))} is not set; whoever looks up who is "
                "at the door must be told whose bank this is, and where to complain"
            )
        return self

    @property
    def vhost(self) -> str:
        """Return the virtual host, the same for kombu and pika.

        `amqp://host//` and `amqp://host` mean `/`; pika alone would read the first as
        the empty one and answer ACCESS_REFUSED.
        """
        path = unquote(urlsplit(self.amqp_uri).path)
        return path[1:].rstrip("/") or "/"


def with_password(url: str, file: Path | None) -> str:
    """Return an address with the password that a file holds; as it is without a file.

    Raises ValueError when the file cannot be read or is empty, or the address has no user
    or brings a password of its own.
    """
    if file is None:
        return url
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    if not user or ":" in user:
        raise ValueError(f"write it as user@host: its password is in {file}")
    try:
        password = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read {file}: {type(error).__name__}") from None
    if not password:
        raise ValueError(f"{file} is empty; write the password into it, on one line")
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}").geturl()


def is_open(url: str) -> bool:
    """Tell whether an address has no password, or one that everybody tries first."""
    parts = urlsplit(url)
    password = unquote(parts.password or "")
    return not password or password.lower() in {*DEFAULTS, unquote(parts.username or "")}


@cache
def settings() -> Settings:
    """Return this process's settings, read once. Raises Unusable."""
    try:
        return Settings()
    except ValidationError as error:
        raise Unusable(in_words(error)) from None


def in_words(error: ValidationError) -> str:
    """Return what is missing or wrong, by the variables' names, without a value."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    missing = sorted(named(each["loc"]) for each in faults if each["type"] == "missing")
    wrong = [
        f"{named(each['loc'])}: {each['msg'].removeprefix('Value error, ')}".strip(": ")
        for each in faults
        if each["type"] != "missing"
    ]
    return "; ".join([f"{', '.join(missing)} is not set"] * bool(missing) + wrong)


def named(place: tuple[int | str, ...]) -> str:
    """Return the variable that sets a field: aliases are written as they are."""
    name = str(place[0]) if place else ""
    return name if name.isupper() or not name else named_one(name)


def named_one(field: str) -> str:
    return f"DOORSTEP_{field.upper()}"
