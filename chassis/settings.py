"""What differs between one running Doorstep and another: the one settings object.

Every setting is an environment variable: `DATABASE_URL`, `AMQP_URI`, and the others with
the prefix `DOORSTEP_`. `doorstep up` writes them to `var/run/settings.env`.
"""

from functools import cache
from pathlib import Path
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings of this process.

    `clock` is `<pretended moment>@<real moment>`, both RFC 3339: time then runs on from
    the pretended moment. Only in development. `status_port` is where a part without an
    HTTP port of its own serves `/metrics`, `/livez` and `/readyz`, on `http_host`.
    """

    model_config = SettingsConfigDict(env_prefix="DOORSTEP_", frozen=True)

    database_url: str = Field(validation_alias="DATABASE_URL")
    amqp_uri: str = Field(validation_alias="AMQP_URI")
    environment: Literal["development", "production"] = "development"
    clock: str | None = None
    keys: Path = Path("var/keys")
    http_host: str = "127.0.0.1"
    http_port: int = 8440
    status_port: int | None = None
    bank: str = "demo"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def refuse_pretence_in_production(self) -> Self:
        if self.environment == "production" and self.clock:
            raise ValueError(
                "DOORSTEP_CLOCK is set in production; unset it: a pretended clock "
                "would date every decision wrongly"
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


@cache
def settings() -> Settings:
    """Return this process's settings, read once."""
    return Settings()
