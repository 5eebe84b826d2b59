"""What a record says beside its figures: the driver they were measured with and the commit they came from."""
import os
import subprocess


def answer(*command):
    """The first line that a command prints, or None where it is not there or fails."""
    try:
        result = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return result.stdout.split("\n")[0].strip() if result.returncode == 0 else None


def driver():
    return answer("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader") or "unknown"


def commit():
    """FUSEDMOE_COMMIT where it is set, as by tools/gpu-measure.sh on a machine without the repository; else the checkout's."""
    here = os.path.dirname(os.path.abspath(__file__))
    return os.environ.get("FUSEDMOE_COMMIT") or answer("git", "-C", here, "rev-parse", "HEAD") or "unknown"
