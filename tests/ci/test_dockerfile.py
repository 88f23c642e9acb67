"""The image of the Dockerfile can be built from what it copies, and runs an analysis."""

import os
import shutil
import subprocess
import sys

import pytest

from .commands import ROOT, clean_environment, shell, stub_folder, write_project
from .dockerfile import build, instructions

TEXT = (ROOT / "config" / "ci" / "Dockerfile").read_text()
APT = """\
#!/usr/bin/env bash
# The packages of the distribution are those of this machine.
echo "apt-get $*" >> "$STUB_LOG"
"""
INSTALL = """\
#!/usr/bin/env bash
# Makes an environment without its libraries, into which pip installs this project from the copied files.
set -eu
echo "python $*" >> "$STUB_LOG"
site="$(dirname "$(dirname "$0")")/site"
case "$*" in
  "-m venv "*) mkdir -p "$3/bin" "$3/site"; cp "$0" "$3/bin/python" ;;
  *--require-hashes*) test -s "${!#}" ;;
  "-m pip install "*)
    PYTHON -m pip install --quiet --no-deps --no-build-isolation --no-index --target "$site" "${!#}"
    here="$(dirname "$0")"
    printf '#!/usr/bin/env bash\\nhere="$(cd "$(dirname "$0")/../site" && pwd)"\\n' > "$here/mlm"
    printf 'PYTHONPATH="$here:${PYTHONPATH:-}" exec %s -P -m mlm_steps "$@"\\n' PYTHON >> "$here/mlm"
    chmod +x "$(dirname "$0")/mlm" ;;
  *) echo "this python cannot do: $*" >&2; exit 64 ;;
esac
"""


def command_of(image, *words):
    return " ".join([*image.entrypoint, *(words or image.command)])


def test_an_image_is_built_from_the_copied_files_and_runs_an_analysis(tmp_path):
    stubs = stub_folder(tmp_path / "stubs")
    python = f'"{sys.executable}"'
    text = INSTALL.replace("PYTHON -m", f"{python} -m").replace(" PYTHON >>", f" '{python}' >>")
    (stubs / "python").write_text(text)
    (stubs / "apt-get").write_text(APT)
    (stubs / "apt-get").chmod(0o755)
    (stubs / "rm").write_text("#!/bin/sh\n")  # of the lists of packages of the image, which are not these
    (stubs / "rm").chmod(0o755)
    environment = clean_environment(stubs, tmp_path, MLM_KERNEL="pure")
    image = build(TEXT, ROOT, tmp_path / "image", environment)
    installed = image.root / "opt" / "mlm" / "site" / "mlm_steps"
    assert (installed / "_share" / "workflow" / "Snakefile").is_file()
    assert (installed / "_share" / "reports" / "html").is_dir()
    shutil.move(image.root.parent / "stage-build", tmp_path / "moved")  # the last stage stands alone
    project = write_project(tmp_path / "project")
    path = f"{image.root}/opt/mlm/bin:{environment['PATH']}"
    done = shell(command_of(image, "run", "pipeline.yaml"), project, {**environment, "PATH": path})
    assert done.returncode == 0, done.stderr
    assert (project / "results" / "classes" / "report.html").is_file()
    log = (tmp_path / "stubs.log").read_text()
    assert "--require-hashes --requirement requirements.lock" in log
    assert command_of(image) == "mlm run"


def test_comments_and_continued_lines_are_read():
    text = '# a\nFROM x AS y\nRUN a \\\n    && b\n\n# c\nCMD ["run"]\n'
    assert instructions(text) == [("FROM", "x AS y"), ("RUN", "a      && b"), ("CMD", '["run"]')]


def test_what_the_interpreter_does_not_know_is_an_error(tmp_path):
    with pytest.raises(AssertionError, match="HEALTHCHECK"):
        build("FROM x\nHEALTHCHECK CMD true\n", ROOT, tmp_path, {})
    with pytest.raises(FileNotFoundError):
        build("FROM x\nCOPY no-such-file ./\n", ROOT, tmp_path / "b", {})


@pytest.mark.skipif("MLM_CI_IMAGES" not in os.environ, reason="installs all packages: make ci-examples")
def test_the_locked_packages_suffice_in_a_clean_environment(tmp_path):
    """Everything but the packages of the distribution is done as in the image; takes minutes."""
    stubs = stub_folder(tmp_path / "stubs")
    for name in ("python", "python3"):
        (stubs / name).unlink()
        (stubs / name).symlink_to(sys._base_executable)
    for name in ("apt-get", "rm"):
        (stubs / name).write_text("#!/bin/sh\n")
        (stubs / name).chmod(0o755)
    pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    environment = clean_environment(stubs, tmp_path, **pip)
    environment.pop("PYTHONPATH", None)
    image = build(TEXT, ROOT, tmp_path / "image", environment, timeout=1800)
    project = write_project(tmp_path / "project")
    python = image.root.parent / "stage-build" / "opt" / "mlm" / "bin" / "python"
    words = [str(python), "-P", "-m", "mlm_steps", "run", "pipeline.yaml"]
    done = subprocess.run(words, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (project / "results" / "classes" / "report.html").is_file()
