"""Groups read from lines of JSON, each exposure of a program once, however many groups it is in."""

from __future__ import annotations

from functools import lru_cache

import orjson

from asntools.build.drafts import Head
from asntools.build.groups import check_head, check_member, checked_group, head_of
from asntools.build.members import Group, GroupMember
from asntools.common.records import load_record
from asntools.jwst.exptypes import SCIENCE

# How asn-match writes a group: {...,"members":[{"exptype":"science","exposure":{...}},{"exptype":...}]}
_MEMBERS = b',"members":[{"exptype":"'
_EXPOSURE = b'","exposure":'
_NEXT = b'},{"exptype":"'
_END = b"}]}"


def read_group(text: bytes) -> Group:
    """Return a group from a line of JSON; a JSONDecodeError or a `Fault` where it is not a sound one."""
    try:
        return _cut(text)
    except ValueError:
        return checked_group(load_record(text))


def _cut(text: bytes) -> Group:
    # Where the pieces of a line, less what stands between them, are JSON by themselves, the line is too, and
    # says the same; where one is not, or is not as it should be, the line as a whole tells why.
    pieces = text.split(_NEXT)
    head, found, pieces[0] = pieces[0].partition(_MEMBERS)
    if not found or not text.endswith(_END):
        raise ValueError
    pieces[-1] = pieces[-1][: -len(_END)]
    members = list(map(_member, pieces))
    if SCIENCE not in [each.exptype for each in members]:
        raise ValueError
    return Group(_head(head), members)


@lru_cache(maxsize=256)
def _head(text: bytes) -> Head:
    record = load_record(text + b"}")
    record["members"] = []
    if check_head(record):
        raise ValueError
    return head_of(record)


@lru_cache(maxsize=1024)
def _member(text: bytes) -> GroupMember:
    exptype, _, exposure = text.partition(_EXPOSURE)
    member = {"exptype": orjson.loads(b'"%b"' % exptype), "exposure": orjson.loads(exposure)}
    if check_member(member):
        raise ValueError
    return GroupMember(**member)
