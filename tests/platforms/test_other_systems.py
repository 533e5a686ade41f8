"""Windows and macOS, as far as Linux can test it: POSIX-only parts are removed from Python.

Third-party packages are imported first: on Windows they bring a half that is not here.
"""

import subprocess
import sys
from pathlib import Path

from tests.command import environment_of
from tests.stage import Stage

ROOT = Path(__file__).resolve().parents[2]

WITHOUT_POSIX = """
import importlib, os, pkgutil, signal, socket, sys
import av, click, dagster, dagster._daemon, dagster_webserver, filelock, httpx, numpy, openpyxl
import PIL.Image, rich.live, sqlalchemy, starlette.applications, upath, uvicorn
import alembic.command, asyncio, dagster_webserver.app, multiprocessing, smtplib, tempfile

NOT_IN_OS = '''
    WNOHANG chown chroot confstr ctermid execve fchmod fchown fork forkpty fpathconf getegid geteuid
    getgid getgroups getloadavg getpgid getpgrp getpriority getsid getuid initgroups killpg lchown
    lockf major makedev minor mkfifo mknod nice openpty pathconf pidfd_open posix_fadvise
    posix_fallocate posix_spawn pread pwrite register_at_fork sched_getaffinity sched_yield sendfile
    setegid seteuid setgid setgroups setpgid setpriority setsid setuid statvfs sync sysconf
    tcgetpgrp ttyname uname wait wait3 wait4 writev O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK
'''.split()
NOT_IN_SIGNAL = '''
    SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 SIGUSR2 SIGWINCH
    alarm pause pthread_kill pthread_sigmask setitimer sigwait
'''.split()
NO_MODULES = 'crypt fcntl grp nis posix pty pwd readline resource spwd syslog termios tty'.split()

def take_away(owner, names):
    for name in names:
        if hasattr(owner, name):
            delattr(owner, name)

real_kill = os.kill
def kill(pid, number):
    assert number != 0, 'on Windows signal 0 is Ctrl-C to the whole console'
    real_kill(pid, number)

def execv(*_):
    raise AssertionError('on Windows it leaves the console and starts another process')

take_away(os, NOT_IN_OS)
take_away(signal, NOT_IN_SIGNAL)
os.kill, os.execv, os.execvp = kill, execv, execv
for name in NO_MODULES:
    sys.modules[name] = None
sys.platform = 'win32'
"""

IMPORT_ALL = """
import seedance_assets
take_away(socket, ['AF_UNIX', 'fromfd'])
for module in pkgutil.walk_packages(seedance_assets.__path__, 'seedance_assets.'):
    if 'migrations.env' not in module.name and not module.name.endswith('__main__'):
        importlib.import_module(module.name)
        print(module.name)
"""

WHO_LIVES = """
from seedance_assets.adapters.ledger import owner
host = owner.this_owner().split('/')[0]
assert not owner.is_gone(owner.this_owner())
assert not owner.is_gone(f'{host}/1/0123abcd')
"""

OPEN_ELSEWHERE = """
from pathlib import Path
from seedance_assets.adapters.whole_files import write_whole
from seedance_assets.core.errors import StorageError

replace, refusals = Path.replace, [0]
def while_it_is_open(self, target):
    if refusals[0] > 0:
        refusals[0] -= 1
        raise PermissionError(13, 'Access is denied')
    return replace(self, target)
Path.replace = while_it_is_open

report = Path('report.csv')
write_whole(report, b'old')
refusals[0] = 3
write_whole(report, b'new')
assert report.read_bytes() == b'new'
refusals[0] = 10_000
try:
    write_whole(report, b'newer')
except StorageError as error:
    print(error)
assert report.read_bytes() == b'new'
assert [path.name for path in Path().iterdir()] == ['report.csv']
"""

PLAN = """
from seedance_assets.cli import main
sys.argv = ['seedance', 'plan', 'shots.csv']
main()
"""


def run_without_posix(folder: Path, script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX + script],
        cwd=folder,
        env=environment_of(folder, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_can_be_imported(tmp_path: Path) -> None:
    imported = run_without_posix(tmp_path, IMPORT_ALL).split()

    sources = (ROOT / "seedance_assets").rglob("*.py")
    left_out = {"__init__", "__main__", "env"}
    assert len(imported) >= sum(path.stem not in left_out for path in sources)


def test_no_process_is_signalled_to_see_whether_it_lives(tmp_path: Path) -> None:
    run_without_posix(tmp_path, WHO_LIVES)


def test_a_sheet_can_be_planned(plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})

    assert "1 take" in run_without_posix(plain_stage.folder, PLAN)


def test_a_file_that_another_program_has_open_is_waited_for_and_then_named(tmp_path: Path) -> None:
    said = run_without_posix(tmp_path, OPEN_ELSEWHERE)

    assert said == "report.csv cannot be replaced: another program has it open\n"
