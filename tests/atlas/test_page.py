"""The file: whole or not at all, with nothing to fetch."""

import html
import json
import re

import pytest

import hierfeat as hf


def test_nothing_is_fetched_from_anywhere(page):
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:|//)|@import|url\(http|\bfetch\(|XMLHttpRequest", text)
    assert "default-src 'none'" in html.unescape(text)


def test_the_payload_is_in_the_page_whatever_the_class_names(page):
    text = page.read_text(encoding="utf-8")
    (payload,) = re.findall(r'<script type="application/json" id="payload">(.*?)</script>', text, flags=re.DOTALL)
    assert json.loads(payload)["model"]["classes"][4] == "</script>"
    assert text.count("</script>") == text.count("<script")


def test_every_layer_is_in_the_table_and_has_a_section(page, small):
    text = page.read_text(encoding="utf-8")
    for layer in small.layers:
        assert f">{layer.name}</" in text
        assert (f'id="layer-{layer.name}"' in text) == (layer.kind != "other")


def test_the_page_is_small(page):
    assert page.stat().st_size < 1_000_000


def test_it_makes_folders_and_replaces_a_page(small, pictures, tmp_path):
    out = tmp_path / "new" / "page.html"
    assert hf.atlas(small, pictures[0][:2], out=out, live=False) == out
    assert hf.atlas(small, pictures[0][:2], out=str(out), live=False) == out
    assert [path.name for path in out.parent.iterdir()] == ["page.html"]


def test_a_folder_is_no_page(small, pictures, tmp_path):
    with pytest.raises(hf.HierfeatError, match=r"atlas\.html"):
        hf.atlas(small, *pictures, out=tmp_path)


def test_a_place_that_cannot_be_written(small, pictures, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(hf.HierfeatError, match="choose another `out`"):
        hf.atlas(small, *pictures, out=tmp_path / "file" / "page.html")


def test_nothing_is_left_after_a_failure(small, pictures, tmp_path):
    out = tmp_path / "page.html"
    out.write_text("before")
    with pytest.raises(hf.HierfeatError):
        hf.atlas(small, pictures[0][:, :, :5], out=out)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert out.read_text() == "before"
