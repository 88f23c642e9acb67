import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder with a data file ``a.csv``, outside any repository, as the current folder."""
    (tmp_path / "a.csv").write_text("y,x,g\n1,2,3\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder):
    """A function that writes text or bytes into ``p.yaml`` and returns its path as a user gives it."""

    def write(content):
        path = folder / "p.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path.relative_to(folder)

    return write
