"""Everything of a user out of a database as lines of JSON, and into one again, as it was."""

from .checking import UnreadableFile
from .service import Imported, Portability

__all__ = ["Imported", "Portability", "UnreadableFile"]
