"""How fast the `acl-anthology` package reads collections: a line of JSON for each name on standard input.

The package is no part of this project; see `tests/faults/harness/imports.py` for how it is run.

    scratch/bin/python tests/faults/peers/anthology_read.py DATADIR
"""

from __future__ import annotations

import json
import sys
import time
import warnings


def main() -> None:
    warnings.simplefilter("ignore")
    from acl_anthology import Anthology

    datadir = sys.argv[1]
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        name = line.strip()
        collection = Anthology(datadir=datadir, verbose=False).collections[name]
        papers = 0
        started = time.process_time()
        collection.load()
        for volume in collection.volumes():
            for paper in volume.papers():
                if paper.is_frontmatter:
                    continue
                papers += 1
                said = (
                    str(paper.title),
                    str(paper.abstract or ""),
                    [str(each.name) for each in paper.authors],
                )
                assert said
        print(
            json.dumps({"name": name, "papers": papers, "seconds": time.process_time() - started}), flush=True
        )


if __name__ == "__main__":
    main()
