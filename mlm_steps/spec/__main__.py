"""Regenerate the schema and the page on the spec: ``python -m mlm_steps.spec config``."""

from __future__ import annotations

import sys
from pathlib import Path

from mlm_steps.spec.readme import readme_text
from mlm_steps.spec.schema import schema_text


def main(folder: Path) -> None:
    """Write ``pipeline.schema.json`` and ``README.md`` into a folder."""
    (folder / "pipeline.schema.json").write_text(schema_text(), encoding="utf-8")
    (folder / "README.md").write_text(readme_text(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
