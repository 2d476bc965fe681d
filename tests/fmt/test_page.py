from __future__ import annotations

import json
import re

from drawn import HOSTILE, asn

from asntools.fmt.page import page


def data_of(text: str) -> dict:
    [data] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(data)


def test_hostile_text_stays_in_the_data():
    text = page([asn(name, name, science=f"{name}.fits", **{name: "b.fits"}) for name in HOSTILE])
    assert text.isascii() or not set("\u2028\u2029\u202e\x1b") & set(text)
    assert text.count("<script") == text.count("</script>") == 2
    assert text.count("<!--") == 0
    names = data_of(text)["texts"]
    assert HOSTILE[0] in names
    assert "\\x1b[31m\\u202e" in names


def test_the_policy_allows_the_page_itself_alone():
    text = page([])
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/]{43}='; script-src 'sha256-[\w+/]{43}='; "
        r"base-uri 'none'; form-action 'none'",
        policy,
    )
    assert not re.search(r"(?:href|src)=|url\(|@import|fetch\(|XMLHttp|innerHTML|eval\(", text)


def test_each_text_is_in_the_data_once():
    text = page([asn("jw1", science="jw1_rate.fits"), asn("jw-o001", science="jw1_cal.fits")])
    texts = data_of(text)["texts"]
    assert {"jw1", "jw1_rate.fits", "jw1_cal.fits", "01234", "science"} < set(texts)
    assert len(texts) == len(set(texts))
