"""The rulebook as a document: read strictly, with every fault told at once, and written out whole."""

from broker.services.deciding.rulebook_document.parse import parse
from broker.services.deciding.rulebook_document.write import dump

__all__ = ["dump", "parse"]
