"""Reads the pipeline's tables with pyarrow.

usage: arrow.py RATINGS_ARROW WINDOWS_ARROW      prints a JSON object
"""
import json, sys
import pyarrow.ipc as ipc

ratings, windows = (ipc.open_file(path).read_all() for path in sys.argv[1:3])
for table in (ratings, windows):
    table.validate(full=True)
print(json.dumps({
    "ratings": {f.name: str(f.type) for f in ratings.schema}, "windows": {f.name: str(f.type) for f in windows.schema},
    "scalers": json.loads(ratings.schema.metadata[b"scalers"]), "parameters": json.loads(windows.schema.metadata[b"parameters"]),
    "first": {k: v[0] for k, v in ratings.slice(0, 1).to_pydict().items()},
    "parts": windows.column("part").value_counts().to_pylist(),
}))
