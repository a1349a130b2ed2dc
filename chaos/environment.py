"""What whoever is started meanwhile finds in the environment."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def said(settings: Mapping[str, str]) -> Iterator[None]:
    """Have these in the environment meanwhile, and afterwards what was there before."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ |= settings
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
