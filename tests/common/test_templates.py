"""Templates of product names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asntools.common.faults import Fault
from asntools.common.templates import check_template, expand

VALUES = {"target": "t001", "filter": "f770w", "band": "short"}


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{target}_{filter}", "t001_f770w"),
        ("{pupil|filter|band}", "f770w"),
        ("M31", "M31"),
        ("{target}_{{source_id}}", "t001_{source_id}"),
        ("{{{target}}}", "{t001}"),
    ],
)
def test_a_template_is_filled(template, name):
    assert expand(template, VALUES, pytest.fail) == name


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("{target", "template '{target': '{' without '}'; a literal brace is written '{{'"),
        ("target}", "template 'target}': '}' without '{'; a literal brace is written '}}'"),
        ("a{}", "template 'a{}': '{}' is not an attribute, such as '{filter}'"),
        (
            "{target.__class__}",
            "template '{target.__class__}': '{target.__class__}' is not an attribute, such as '{filter}'",
        ),
        ("{0}", "template '{0}': '{0}' is not an attribute, such as '{filter}'"),
        (
            "{target!r}",
            "template '{target!r}': '{target!r}' is not an attribute, such as '{filter}'",
        ),
        (
            "{target:>9}",
            "template '{target:>9}': '{target:>9}' is not an attribute, such as '{filter}'",
        ),
        ("a/{target}", "template 'a/{target}': '/' cannot be part of a product name"),
        ("a\n", "template 'a\\n': '\\n' cannot be part of a product name"),
        ("", "template '': a product needs a name"),
    ],
)
def test_a_template_that_cannot_be_read_is_refused(template, fault):
    with pytest.raises(Fault) as caught:
        check_template(template)
    assert str(caught.value) == fault


@pytest.mark.parametrize(("template", "field"), [("{fliter}", "{fliter}"), ("a_{x|y}", "{x|y}")])
def test_an_attribute_without_a_value_is_named(template, field):
    with pytest.raises(Fault) as caught:
        expand(template, VALUES, "there is no {}".format)
    assert str(caught.value) == f"{field}: there is no {field[1:-1].split('|')[0]}"


def test_a_value_that_no_name_may_have_is_refused():
    with pytest.raises(Fault, match="'a/b' has '/'"):
        expand("{target}", {"target": "a/b"}, pytest.fail)


@given(st.text(alphabet="{}|abz_.0!:[]/", max_size=12))
def test_any_text_is_filled_or_refused(template):
    values = {"a": "1", "b": "2", "z": "3"}
    try:
        name = expand(template, values, str)
    except Fault:
        return
    assert name
    assert "/" not in name
