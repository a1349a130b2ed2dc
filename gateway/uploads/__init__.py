"""Photos and sound come in by tus 1.0.0: in pieces, over bad lines, into the store.

https://tus.io/protocols/resumable-upload with the extensions creation, checksum,
termination and expiration. How far an upload has come is what its row says: bytes are
counted there once they are on disk, and bytes beyond are cut off before anybody goes on.
"""
