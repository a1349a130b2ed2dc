"""Nothing of its own yet: the tables of recovery come with its first slice."""

from sqlalchemy import MetaData

metadata = MetaData()
