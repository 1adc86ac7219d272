"""Python environments for tests that need another installation than the one they run in."""

import os
import pathlib
import shutil
import site
import subprocess
import sys

import tf_mlc_plugin

# Where the package under test is: site-packages, or a staged copy of it.
INSTALLED = pathlib.Path(tf_mlc_plugin.__file__).resolve().parent.parent
OURS = ("mlcompute", "tensorflow-plugins", "tf_mlc_plugin")
_SWITCHES = ("TF_", "KERAS_", "PYTHON")


class SiteFolder:
    """A virtual environment made of links to the packages of this one, without the plugin."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        self.packages = root / "lib" / version / "site-packages"
        self.packages.mkdir(parents=True)
        base = pathlib.Path(sys._base_executable)
        (root / "pyvenv.cfg").write_text(f"home = {base.parent}\n")
        (root / "bin").mkdir()
        self.python = root / "bin" / "python"
        self.python.symlink_to(base)
        for folder in filter(os.path.isdir, site.getsitepackages()):  # Debian lists some it lacks
            for entry in pathlib.Path(folder).iterdir():
                target = self.packages / entry.name
                if not entry.name.startswith(OURS) and not target.exists():
                    target.symlink_to(entry)

    def install(self, folder: pathlib.Path | None = None) -> pathlib.Path:
        """Copies the plugin into this environment, or into another folder. Returns the folder."""
        folder = folder or self.packages
        for name in OURS:
            if (INSTALLED / name).exists():
                shutil.copytree(INSTALLED / name, folder / name)
        return folder

    def run(self, code: str, timeout: float = 180, **environment) -> subprocess.CompletedProcess:
        """Runs Python code; of this process's environment variables only neutral ones are kept."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_SWITCHES)}
        return subprocess.run(
            [str(self.python), "-c", code],
            env={**kept, "TF_CPP_MIN_LOG_LEVEL": "2", **environment},
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
