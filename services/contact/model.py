"""Nothing of its own yet: the tables of contact come with its first slice."""

from sqlalchemy import MetaData

metadata = MetaData()
