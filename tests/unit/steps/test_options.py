"""The options of a command."""

import pytest

from mlm_steps.cli import run_command


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["run", "x.yaml", "--cores", "1", "--cores", "2"], "--cores"),
        (["validate", "x.yaml"], None),
        (["fit", "x.yaml", "--model", "a", "--model", "b"], "--model"),
        (["init", "x.csv", "--group", "g", "--outcome", "y", "--outcome=z"], "--outcome"),
    ],
)
def test_a_repeated_option_is_refused_and_a_single_one_is_not(
    words: list[str], option: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if option is None:
        assert run_command(words) == 2
        assert "given twice" not in capsys.readouterr().err
        return
    with pytest.raises(SystemExit) as ended:
        run_command(words)
    assert ended.value.code == 2
    assert f"argument {option}: is given twice, but takes one value" in capsys.readouterr().err
