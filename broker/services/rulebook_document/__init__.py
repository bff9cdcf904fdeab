"""The rulebook as a document: read strictly, with every fault told at once, and written out whole."""

from broker.services.rulebook_document.parse import parse
from broker.services.rulebook_document.write import dump

__all__ = ["dump", "parse"]
