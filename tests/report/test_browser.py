"""The page in a browser: headless Chromium, at two widths and in both colour schemes.

axe-core is used if ``MLM_AXE`` names its ``axe.min.js`` (``npm install axe-core`` in any folder).
"""

from __future__ import annotations

import html as markup
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mlm_steps.records.run import Labels
from mlm_steps.report.render import render_report

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
AXE = Path(os.environ.get("MLM_AXE", "axe.min.js"))
PROBE = (Path(__file__).parent / "browser_probe.js").read_text(encoding="utf-8")
DARK = "--blink-settings=preferredColorScheme=0"
AROUND = """<!DOCTYPE html><html><body><pre></pre><script>
addEventListener("message", (event) => {{
  document.querySelector("pre").textContent = event.data;
  document.querySelector("iframe").remove();
}});
</script><iframe style="width:{width}px;height:844px;border:0" srcdoc="{page}"></iframe></body></html>
"""
"""A page around the page under test; a window of Chromium is never narrower than 500 pixels."""
LONG = "w" * 200
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def chromium(folder: Path, page: str, *options: str) -> tuple[str, str]:
    """Return the document after its scripts have run, and what the browser logged."""
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
    ]
    command += [
        "--virtual-time-budget=20000",
        "--window-size=1440,900",
        *options,
        "--dump-dom",
        path.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, done.stderr


def probed(folder: Path, page: str, width: int, *options: str) -> dict:
    """Return what the probe finds in a frame of this width, whose policy admits the probe."""
    open_page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    axe = f"<script>{AXE.read_text(encoding='utf-8')}</script>" if AXE.is_file() else ""
    inner = open_page.replace("</body>", f"{axe}<script>{PROBE}</script></body>")
    around = AROUND.format(width=width, page=markup.escape(inner))
    document, _ = chromium(folder, around, *options)
    return json.loads(markup.unescape(re.search(r"<pre>(.*?)</pre>", document, flags=re.DOTALL)[1]))


@pytest.fixture(scope="module")
def small_html(make_given) -> str:
    return render_report(make_given())["html"]


@pytest.fixture(scope="module")
def long_html(make_given) -> str:
    names = ("school", "math", "ses", "sector")
    labels = Labels(models={"null": LONG, "slope": LONG}, columns=dict.fromkeys(names, LONG), units={})
    return render_report(make_given(labels=labels, title=LONG))["html"]


CASES = {
    "wide light": ("small_html", 1280, ()),
    "phone dark": ("small_html", 390, (DARK,)),
    "phone, long labels": ("long_html", 390, ()),
    "wide, long labels": ("long_html", 1280, ()),
}


@pytest.fixture(scope="module", params=list(CASES))
def case(request, tmp_path_factory) -> tuple[str, dict]:
    page, width, options = CASES[request.param]
    html = request.getfixturevalue(page)
    result = probed(tmp_path_factory.mktemp("browser"), html, width, *options)
    assert result["width"] == width
    return html, result


@pytest.fixture
def found(case) -> dict:
    return case[1]


def test_text_contrasts_with_its_paper(found):
    assert found["faint"] == []


def test_nothing_is_wider_than_the_page(found):
    assert found["wide"] == []


def test_the_keyboard_reaches_every_control(found):
    assert found["controls"] > 5
    assert found["unreached"] == []


def test_nothing_is_loaded(found):
    assert found["loaded"] == []


def test_the_script_adds_controls_and_no_content(case):
    html, found = case
    main = re.search(r"<main.*?</main>", html, flags=re.DOTALL)[0]
    still = markup.unescape(re.sub(r"<[^>]*>", "", main))
    assert re.sub(r"\s+", "", found["text"]) == re.sub(r"\s+", "", still)


def test_axe_finds_nothing_serious(found):
    if "axe" not in found:
        pytest.skip("MLM_AXE names no axe.min.js")
    assert found["axe"] == []


def test_the_browser_runs_the_script_under_the_policy_of_the_page_without_a_message(tmp_path, small_html):
    document, log = chromium(tmp_path, small_html, "--enable-logging=stderr")
    assert 'class="scripted"' in document
    assert 'aria-current="true"' in document
    assert "CONSOLE" not in log
