"""asn-match: exposure records in, groups out."""

from typing import TYPE_CHECKING

from asntools.common.face import face

if TYPE_CHECKING:
    from asntools.match.records import explain, match
    from asntools.match.rule_files import load_rules
    from asntools.match.rules import Rule, select_rules

__all__ = ["Rule", "explain", "load_rules", "match", "select_rules"]

__getattr__, __dir__ = face(
    __name__, records="explain match", rule_files="load_rules", rules="Rule select_rules"
)
