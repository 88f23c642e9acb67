"""Random labels, titles and levels, which the report, the figures and the tables print."""

from __future__ import annotations

import random

from .data_files import CELLS
from .words import PAYLOADS, PIECES

SCRIPTS = [
    "שלום",
    "日本語",
    "مرحبا",
    "नमस्ते",
    "e\u0301" * 40,
    "👩‍👩‍👧",
    "ﬁ",
    "ß",
    "İ",
    "\u200b",
    "\u00ad",
    "\ufffe",
    "\U0010ffff",
]
MARKUP = [
    *(
        "<b>",
        "</b>",
        "&amp;",
        "&#0;",
        "<!--",
        "<![CDATA[",
        "<?x ?>",
        "**",
        "__",
        "~~",
        "```",
        "`",
        "#",
        "|",
        "\\|",
    ),
    *(
        "- ",
        "1. ",
        "> ",
        "![x](y)",
        "[x]: http://y",
        "<http://x>",
        "www.x.org",
        "$",
        "$$",
        "\\",
        "\\\\",
        "\\(",
        "^",
        "_",
    ),
    *(
        "%",
        "&",
        "{",
        "}",
        "~",
        "\\begin{x}",
        "\\end{document}",
        "\\def\\x{}",
        "^^5c",
        "\n",
        "\r",
        "\n\n# x",
        "\t",
        "    x",
    ),
]


def label(rng: random.Random) -> str:
    """Return text of one to five pieces of markup, scripts, controls and payloads."""
    pools = [MARKUP, PAYLOADS, CELLS, SCRIPTS, PIECES, ["Socioeconomic status", "School", "a", " "]]
    text = "".join(rng.choice(rng.choice(pools)) for _ in range(rng.randint(1, 5)))
    text = text.encode("utf-8", "replace").decode()[:2000]
    return text if text.strip() else f"a{text}"  # a spec takes no blank label
