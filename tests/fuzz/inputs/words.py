"""Pieces of text that specs, formulas and data are damaged with."""

from __future__ import annotations

from ..watch import PAYLOAD

PIECES = [
    "~", "[", "]", "{", "}", ":", ": ", "- ", "'", '"', "|", ">", "#", "?", "%", "&a ", "*a", "!x ",
    "!!int ", "null", "[]", "{}", "0.5", "no", "true", "-1", "1e400", "9" * 25, "name", "\\e", "\\", ",",
    " ", "\n", "\n\n", "\t", "\r", "\x85", "\u2028", "\ufeff", "\x00", "\x1b[31m", "<<: *d", "---\n",
    "...\n", "%YAML 1.1\n", "@", "`", "(" * 300, "[" * 300, "{a: " * 60, "- " * 60, "é", "日本", "\u202e",
    "x" * 5000, "=", "+", "(1 | g)", "^99", "a: &a [*a, *a]\n", "\n x: 1\n", "version: 2\n", "ladder:\n",
    "!missing(", "in [a, ", " and ", " not ", "%%", "]]", "NA", "if_else(", "'yes'",
    "a" * 70, "../../../etc/passwd", "/dev/zero",
]  # fmt: skip
PAYLOADS = [
    f"__import__('os').system('{PAYLOAD}')", f"{{{{ {PAYLOAD} }}}}", "{{ 7 * 7 }}",
    "{% for x in ().__class__.__mro__ %}",
    f"{{{{ ''.__class__.__mro__[1].__subclasses__() }}}}{PAYLOAD}",
    f"!!python/object/apply:os.system [{PAYLOAD}]",
    f"$(touch {PAYLOAD})", f"`touch {PAYLOAD}`", f"; touch {PAYLOAD} #", f"| touch {PAYLOAD}",
    f"%({PAYLOAD})s", "${x}",
    "{0.__class__}", f"<script>{PAYLOAD}()</script>", '"><img src=x onerror=alert(1)>',
    "</svg><script>", "</title>",
    f"=cmd|'/c {PAYLOAD}'!A1", "@SUM(1)", "+1", "-1+1", "\\input{/etc/passwd}", "\\write18{x}", "$x$",
    "](javascript:alert(1))", f"file:///tmp/{PAYLOAD}", f"http://127.0.0.1:9/{PAYLOAD}", f"@{PAYLOAD}.sum(x)",
    "QLABEL0Q", "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "\u202eevil\u2066", "&lt;b&gt;", "]]>", "-->",
    f"{PAYLOAD}.system", f"eval({PAYLOAD})", f"lambda: {PAYLOAD}", "x.__class__", "%n%s%s%s",
    "~root", "CON", "-rf",
]  # fmt: skip
"""Text that some program would run: Python, a template, a shell, a spreadsheet, LaTeX, a browser."""
BYTES = [
    b"\xff", b"\xfe\xff", b"\x00", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x80\x81",
]  # fmt: skip
