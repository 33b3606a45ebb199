"""Write all golden files anew: `python tests/golden/write.py`, from the root of the repository.

Do so only where a change of results is intended, and say in the commit message which results change and why.
"""

from configurations import CONFIGURATIONS, write
from threadpoolctl import threadpool_limits

if __name__ == "__main__":
    with threadpool_limits(1):
        for name in CONFIGURATIONS:
            write(name)
            print(name)
