"""Fails where `import forescale` takes 0.2 s: the best of a few new interpreters, because the machine may be busy."""

import subprocess
import sys

MOST_SECONDS = 0.2
TRIES = 7
CODE = "import time; t = time.perf_counter(); import forescale; print(time.perf_counter() - t)"

seconds = min(float(subprocess.check_output([sys.executable, "-c", CODE])) for _ in range(TRIES))
print(f"import forescale: {seconds:.3f} s")
sys.exit(f"import forescale should take less than {MOST_SECONDS} s" if seconds >= MOST_SECONDS else 0)
