"""``mlm serve --watch``: the page follows the spec, in a browser, until an interrupt."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
LONG = 240.0
"""Seconds that anything may take here; a busy machine is slow."""
SHOWN = "document.title + ' | ' + document.body.innerText"


@contextmanager
def serving(folder, *words, environment=None):
    """Start the server; yield its process and address."""
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "mlm_steps", "serve", *words],
            cwd=folder, env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE, stderr=said, text=True,
        )  # fmt: skip
    try:
        yield process, process.stdout.readline().split()[4]
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(LONG)
        process.stdout.close()


class Browser:
    """Chromium with one page, spoken to through its pipe."""

    def __init__(self, profile, address):
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        words = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        command = [CHROMIUM, *words, f"--user-data-dir={profile}", address]

        def hand_over():  # the browser reads descriptor 3 and writes descriptor 4
            first, second = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self._process = subprocess.Popen(
            command, stderr=subprocess.DEVNULL, preexec_fn=hand_over, close_fds=False
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out = os.fdopen(ours_in, "rb"), os.fdopen(ours_out, "wb")
        self._number, self._rest, self._session = 0, b"", None
        page = next(t for t in self._ask("Target.getTargets")["targetInfos"] if t["type"] == "page")
        attached = self._ask("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = attached["sessionId"]

    def _ask(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        self._out.flush()
        while True:
            while b"\0" not in self._rest:
                self._rest += self._in.read1(65536)
            answer, _, self._rest = self._rest.partition(b"\0")
            if (found := json.loads(answer)).get("id") == self._number:
                return found["result"]

    def wait_for(self, words):
        """Wait until the page shows some words; return its text."""
        end = time.monotonic() + LONG
        while time.monotonic() < end:
            found = self._ask("Runtime.evaluate", expression=SHOWN)["result"].get("value", "")
            if words in found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"the page does not show {words!r}: {found[-500:]}")

    def close(self):
        self._in.close()
        self._out.close()
        self._process.kill()
        self._process.wait()


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_page_follows_the_spec(small, tmp_path):
    spec = small / "pipeline.yaml"
    text = spec.read_text()
    with serving(small, "--watch") as (process, address):
        browser = Browser(tmp_path / "profile", address)
        try:
            browser.wait_for("Class")
            spec.write_text(text.replace("y ~ x + w", "y ~ x + wv"))
            shown = browser.wait_for("there is no column 'wv'")
            assert "pipeline.yaml:" in shown
            spec.write_text(text.replace("label: Size", "label: Number of pupils"))
            shown = browser.wait_for("Number of pupils")
            assert "there is no column" not in shown
        finally:
            browser.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(LONG) == 0
    report = (small / "results" / "small" / "report.html").read_text(encoding="utf-8")
    assert "EventSource" not in report
    assert "Number of pupils" in report


def test_a_spec_that_is_at_fault_at_first_is_served_when_it_is_mended(small):
    spec = small / "pipeline.yaml"
    text = spec.read_text()
    spec.write_text(text.replace("y ~ x + w", "y ~ x + wv"))
    with serving(small, "--watch") as (process, _):
        wait_until(lambda: "no column 'wv'" in (small / "said").read_text())
        spec.write_text(text)
        wait_until(lambda: (small / "results" / "small" / "report.html").exists())
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG) == 0


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_page_follows_every_way_to_save(small, tmp_path):
    spec, data = small / "pipeline.yaml", small / "small.csv"
    text, rows = spec.read_text(), data.read_text().splitlines(keepends=True)
    with serving(small, "--watch") as (_, address):
        browser = Browser(tmp_path / "profile", address)
        try:
            browser.wait_for("Class")
            (small / "new").write_text(text.replace("label: Size", "label: Renamed"))
            (small / "new").rename(spec)  # as editors that write a new file
            browser.wait_for("Renamed")
            spec.rename(small / "old")  # as editors that keep the old file
            browser.wait_for("there is no such file")
            spec.write_text(text.replace("label: Size", "label: First"))
            spec.write_text(text.replace("label: Size", "label: Second"))
            shown = browser.wait_for("Second")
            assert "there is no such file" not in shown
            data.rename(small / "away")
            browser.wait_for("there is no file")
            data.write_text("".join(rows[:-1]))
            browser.wait_for(f"{len(rows) - 2} ")
        finally:
            browser.close()


def test_the_server_begins_anew_when_code_has_changed(small):
    """A module that is loaded at the start stands for all code; the address stays, and no run is lost."""
    (small / "code").mkdir()
    module = small / "code" / "sitecustomize.py"
    module.write_text("")
    spec = small / "pipeline.yaml"
    text = spec.read_text()
    said, file = small / "said", small / "results" / "small" / "report.html"

    def report():
        try:
            return file.read_text(encoding="utf-8")
        except FileNotFoundError:  # a run makes it again
            return ""

    with serving(small, "--watch", environment={"PYTHONPATH": str(small / "code")}) as (process, address):
        wait_until(report)
        os.utime(module, (1, 1))
        # a run that ends before the server has loaded its libraries does not look at them
        for number in range(100):
            spec.write_text(text.replace("label: Size", f"label: Anew {number}"))
            wait_until(lambda number=number: f"Anew {number}" in report())
            if "begins anew" in said.read_text():
                break
        with urllib.request.urlopen(address, timeout=LONG) as page:
            assert f"Anew {number}" in page.read().decode()
        spec.write_text(text)
        wait_until(lambda: (made := report()) and "Anew" not in made)
        assert said.read_text().count("begins anew") == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(LONG) == 0


def test_a_save_during_a_run_stops_it_and_the_report_stays(small):
    spec, said = small / "pipeline.yaml", small / "said"
    text, report = spec.read_text(), small / "results" / "small" / "report.html"
    with serving(small, "--watch") as (process, _):
        wait_until(report.exists)
        number = 0
        while "saved while the run worked" not in said.read_text():  # until a save meets a run
            number += 1
            spec.write_text(text.replace("label: Size", f"label: Number {number}"))
            time.sleep(0.3)
            assert report.exists()
        spec.write_text(text.replace("y ~ x + w", "y ~ x + wv"))
        wait_until(lambda: "no column 'wv'" in said.read_text())
        assert report.exists()
        found = said.read_text()
        assert "failed" not in found
        assert "interrupted" not in found
        process.send_signal(signal.SIGINT)
        assert process.wait(LONG) == 0


def test_a_port_that_is_in_use_is_refused(small):
    with serving(small) as (_, address):
        port = address.split(":")[2].split("/")[0]
        done = subprocess.run(
            [sys.executable, "-P", "-m", "mlm_steps", "serve", "--port", port],
            cwd=small, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert f"--port: {port} cannot be used: another program uses it" in done.stderr


def test_a_port_that_is_no_port_is_refused(small):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "mlm_steps", "serve", "--port", "80"],
        cwd=small, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "'80' is not a port from 1024 to 65535" in done.stderr


def wait_until(true):
    end = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)
