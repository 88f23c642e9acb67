"""A SLURM cluster of one node for tests: three daemons below one folder, on the loopback address."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo", "ss")
"""The programs of the packages munge and slurm-wlm that a private cluster needs."""
NODE = "localhost"
CONFIGURATION = """
ClusterName=private
SlurmctldHost={node}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={worker}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/log/slurmctld
SlurmdLogFile={folder}/log/slurmd
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
KillWait=2
OverTimeLimit=0
MinJobAge=300
NodeName={node} NodeHostname={node} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory}
PartitionName=main Nodes={node} Default=YES MaxTime=INFINITE State=UP
"""
"""No cgroups and no accounting, which a container has not; short times, for short tests."""


class Cluster:
    """A running cluster.

    Attributes
    ----------
    environment : dict of str
        The environment in which the commands of SLURM find it.
    daemons : dict of str to Popen
        The daemons by name, in the order in which they were started.
    """

    def __init__(self, folder: Path, *, cpus: int, memory: int) -> None:
        self.folder = folder
        for name in ("munge", "state", "spool", "log"):
            (folder / name).mkdir(parents=True, mode=0o700)
        self.configuration = folder / "slurm.conf"
        self.environment = {**os.environ, "SLURM_CONF": str(self.configuration), "OPENBLAS_NUM_THREADS": "1"}
        controller, worker = free_ports(2)
        self.configuration.write_text(
            CONFIGURATION.format(
                node=NODE,
                folder=folder,
                controller=controller,
                worker=worker,
                cpus=cpus,
                memory=memory,
                user=_user(),
            )
        )
        key = folder / "munge" / "key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start the daemons; raise RuntimeError with their messages if the node does not become idle."""
        munge, conf = self.folder / "munge", str(self.configuration)
        files = [f"--{name}={munge / path}" for name, path in MUNGE_FILES.items()]
        self._start("munged", "--foreground", "--force", "--num-threads=1", *files)
        _await(lambda: (munge / "socket").exists(), 10)
        self._start("slurmctld", "-D", "-f", conf)
        self._start("slurmd", "-D", "-f", conf, "-N", NODE)
        if not _await(lambda: "idle" in self.said("sinfo", "-h", "-o", "%T"), 30):
            raise RuntimeError("".join(path.read_text() for path in sorted((self.folder / "log").iterdir())))

    def said(self, *words: str) -> str:
        """Return what a command of SLURM prints."""
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    def queue(self) -> list[str]:
        """Return the jobs that wait or run."""
        return self.said("squeue", "-h", "-o", "%i %T").split("\n")[:-1]

    def stop(self) -> None:
        """Cancel all jobs and end the daemons, last started first; the node's own processes end with them."""
        if "slurmctld" in self.daemons:
            self.said("scancel", f"--user={_user()}", "--signal=KILL", "--full")
            self.said("scancel", f"--user={_user()}")
            _await(lambda: not self.queue(), 15)
        for daemon in reversed(self.daemons.values()):
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(timeout=15)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def _start(self, *words: str) -> None:
        with (self.folder / "log" / f"{words[0]}.out").open("wb") as said:
            self.daemons[words[0]] = subprocess.Popen(
                words, env=self.environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )


MUNGE_FILES = {
    "socket": "socket",
    "key-file": "key",
    "pid-file": "pid",
    "log-file": "log",
    "seed-file": "seed",
}


def reason_to_skip(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return why the tests cannot run here; None if they can."""
    path = f"{environment.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [name for name in NEEDED if shutil.which(name, path=path) is None]
    if missing:
        hint = "apt-get install --no-install-recommends slurm-wlm munge"
        return f"SLURM is not installed: no {', '.join(missing)} ({hint})"
    try:
        import snakemake_executor_plugin_slurm  # noqa: F401
    except ImportError:
        return "the extra slurm is not installed (pip install 'mlm-steps[slurm]')"
    return None


@contextmanager
def private_cluster(folder: Path, *, cpus: int = 2, memory: int = 6000) -> Iterator[Cluster]:
    """Yield a running cluster below an empty folder; it ends with the context, whatever happens."""
    cluster = Cluster(folder, cpus=cpus, memory=memory)
    with ExitStack() as stack:
        stack.callback(cluster.stop)
        cluster.start()
        yield cluster


def listening() -> set[str]:
    """Return the addresses and ports on which processes of this machine listen, as ``ss`` prints them."""
    said = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout
    return {line.split()[3] for line in said.splitlines()}


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback address that no process uses."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _user() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def _await(condition, seconds: float) -> bool:
    """Return whether a condition becomes true within some seconds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
