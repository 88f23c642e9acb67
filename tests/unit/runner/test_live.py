"""The report as the server of ``mlm serve`` sends it, and who may read it."""

from __future__ import annotations

import http.client
import os
import re

import pytest

from mlm_steps.errors import UsageError
from mlm_steps.runner.live.pages import message_page, with_reload
from mlm_steps.runner.live.server import Server, State

REPORT = (
    "<!DOCTYPE html><html><head>"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-abc='\">"
    "</head><body><p>the text says &lt;/body&gt;</p></body></html>"
)


@pytest.fixture
def server(tmp_path):
    (tmp_path / "report.html").write_text(REPORT, encoding="utf-8")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "fit.csv").write_text("a,b\n", encoding="utf-8")
    (tmp_path / "secret").write_text("not served", encoding="utf-8")
    made = Server(0)
    made.start()
    made.tell(State(3, out=str(tmp_path)))
    wait_for_report(made, 3)
    yield made
    made.close()


def ask(server, path, method="GET", host=None):
    """Return the answer to a request below the server's address; ``path`` may begin with a slash."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    whole = path if path.startswith("/") else "/" + server.address.split("/", 3)[3] + path
    connection.request(method, whole, headers={"Host": host or f"127.0.0.1:{server.port}"})
    answer = connection.getresponse()
    content = answer.read().decode() if path != "events" else first_event(answer)
    connection.close()
    return answer, content


def first_event(answer):
    while not (line := answer.readline().decode()).startswith("data:"):
        assert line  # the server has not ended
    return line


def wait_for_report(server, number):
    """Return the first event with a report; the process of the server reads what it is told on its own."""
    for _ in range(1000):
        if f'"report": {number}' in (line := ask(server, "events")[1]):
            return line
    raise AssertionError(line)


def test_the_script_is_admitted_by_its_nonce_beside_that_of_the_report():
    page, policy = with_reload(REPORT, "word", 7)
    assert "script-src 'sha256-abc=' 'nonce-word'" in policy
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.count('<script nonce="word">') == 1
    assert "const shown = 7;" in page
    assert page.index("the text says") < page.index("<script") < page.rindex("</body>")


def test_a_message_is_text():
    page, policy = with_reload(message_page("a < b", "<script>alert(1)</script>"), "word", 0)
    assert "<script>alert" not in page
    assert "script-src 'nonce-word'" in policy


def test_the_report_is_sent_with_a_script_that_is_not_on_disk(server, tmp_path):
    first, page = ask(server, "")
    again, other = ask(server, "")
    nonces = [
        re.search(r"'nonce-([^']+)'", each.headers["Content-Security-Policy"])[1] for each in (first, again)
    ]
    assert nonces[0] != nonces[1]
    assert f'<script nonce="{nonces[0]}">' in page
    assert f'<script nonce="{nonces[1]}">' in other
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == REPORT


def test_the_files_of_the_output_folder_are_sent_and_run_nothing(server):
    answer, content = ask(server, "tables/fit.csv")
    assert content == "a,b\n"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "../x.html",
        "..%2f..%2fetc%2fpasswd",
        "secret",
        "tables",
        "tables/%00.csv",
        "/",
        "/wrong/",
        "/wrong/events",
        "no.csv",
    ],
)
def test_nothing_else_is_sent(server, path):
    assert ask(server, path)[0].status == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", ""])
def test_a_request_for_another_name_is_refused(server, host):
    named = host.format(port=server.port) or " "
    assert ask(server, "", host=named)[0].status == 403


def test_the_name_localhost_is_this_machine_too(server):
    assert ask(server, "", host=f"localhost:{server.port}")[0].status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_the_server_only_reads(server, method):
    assert ask(server, "", method)[0].status == 501


def test_an_event_tells_what_has_happened(server, tmp_path):
    server.tell(State(4, "line 3: <b>", fault=True, out=str(tmp_path)))
    line = wait_for_report(server, 4)
    assert '"text": "line 3: <b>", "fault": true' in line


def test_a_port_in_use_is_refused(server):
    with pytest.raises(UsageError, match=r"--port: \d+ cannot be used"):
        Server(server.port)


def test_a_server_that_is_handed_over_keeps_its_address(tmp_path):
    first = Server(0)
    first.start()
    first.hand_over(7)
    second = Server(0)
    second.start()
    second.tell(State(8, out=str(tmp_path)))
    assert "MLM_SERVE" not in os.environ
    assert (second.address, second.report) == (first.address, 7)
    assert '"report": 8' in wait_for_report(second, 8)
    second.close()


def test_a_browser_connects_again_soon(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/" + server.address.split("/", 3)[3] + "events")
    assert connection.getresponse().readline() == b"retry: 250\n"
    connection.close()


def test_two_servers_have_different_addresses(server):
    other = Server(0)
    other.start()
    assert other.address.split("/")[3] != server.address.split("/")[3]
    other.close()
