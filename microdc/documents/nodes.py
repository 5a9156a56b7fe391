"""The nodes of a document that was read before: where each value stands in the text."""

from __future__ import annotations

import warnings

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode


def composed(text: str) -> MappingNode | None:
    """The mapping that a document is; None where the text is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an anchor defined twice is legal YAML
        try:
            node = YAML(typ="safe", pure=True).compose(text)
        except YAMLError:
            return None
    return node if isinstance(node, MappingNode) else None
