"""Which peers are installed here: one JSON line each. Imports none of them."""
import importlib.metadata
import json

for name in ("duckdb", "polars", "chdb", "numpy", "fastavro"):
    try:
        version = json.dumps(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        version = "null"
    print('{"bench": "versions", "case": "%s", "tool": "%s", "version": %s}' % (name, name, version))
