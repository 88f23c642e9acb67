"""The pages that the server of the report sends: the report with a script that reloads it, or a message.

The script stands only in what the server sends, never in the report on disk. The report forbids every script
but its own; the server admits this one by a nonce, and connections to itself.
"""

from __future__ import annotations

import re
from html import escape

__all__ = ["POLICY", "message_page", "with_reload"]

POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; img-src data:; "
    "script-src"
)
"""The policy of a page without a script of its own; the nonce follows."""
META = re.compile(r'(<meta http-equiv="Content-Security-Policy" content=")([^"]*)(">)')
SCRIPT = """<script nonce="{nonce}">
(() => {{
  const shown = {version};
  const banner = document.createElement("div");
  banner.setAttribute("role", "status");
  banner.style.cssText = "position:fixed;z-index:99;left:0;right:0;bottom:0;padding:.6rem 1rem;"
    + "white-space:pre-wrap;font:14px/1.4 ui-monospace,monospace;color:#fff;max-height:45vh;"
    + "overflow:auto";
  const say = (text, fault) => {{
    banner.textContent = text;
    banner.style.background = fault ? "#7a1f1f" : "#1f3f7a";
    if (text) document.body.append(banner); else banner.remove();
  }};
  const events = new EventSource("events");
  events.onmessage = (event) => {{
    const state = JSON.parse(event.data);
    if (state.report > shown) location.reload();
    else say(state.text, state.fault);
  }};
  events.onerror = () => say("mlm serve does not answer: it has ended, or is about to answer again.", true);
}})();
</script>
"""
"""The script: it listens to the server's events, reloads the page for a newer report, and shows messages."""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>:root {{ color-scheme: light dark }} body {{ font: 16px/1.5 sans-serif; margin: 3rem auto;
max-width: 45rem; padding: 0 1rem }}</style></head><body><h1>{title}</h1><p>{text}</p>
</body></html>
"""


def with_reload(page: str, nonce: str, version: int) -> tuple[str, str]:
    """Return a report with the script that reloads it, and the policy for its header.

    Parameters
    ----------
    page : str
        The report as it is on disk.
    nonce : str
        A random word that admits the script.
    version : int
        The number of the report; the script reloads the page when the server has a larger one.
    """
    found = META.search(page)
    policy = found.group(2) if found else POLICY
    admitted = f"{_admit(policy, nonce)}; connect-src 'self'"
    if found:
        page = page[: found.start(2)] + admitted + page[found.end(2) :]
    script = SCRIPT.format(nonce=nonce, version=version)
    before, end, after = page.rpartition("</body>")
    page = f"{before}{script}{end}{after}" if end else page + script
    return page, f"{admitted}; frame-ancestors 'none'"


def message_page(title: str, text: str) -> str:
    """Return a page with a title and one paragraph, for when there is no report."""
    return PAGE.format(title=escape(title), text=escape(text))


def _admit(policy: str, nonce: str) -> str:
    """Return a policy whose scripts may also have a nonce."""
    parts = [part.strip() for part in policy.split(";") if part.strip()]
    scripts = next((i for i, part in enumerate(parts) if part.split()[0] == "script-src"), None)
    if scripts is None:
        return "; ".join([*parts, f"script-src 'nonce-{nonce}'"])
    parts[scripts] += f" 'nonce-{nonce}'"
    return "; ".join(parts)
