"""A JSON log as an Avro container: blocks of 256 KiB, zstd level 3, the record's fields as they are.

usage: container.py LOG OUT
"""
import json
import sys

import fastavro

FIELDS = ["level", "service", "host", "trace_id", "msg"]
SCHEMA = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Event",
        "fields": [{"name": "ts", "type": "long"}] + [{"name": name, "type": "string"} for name in FIELDS],
    }
)


def events(path):
    with open(path, "rb") as log:
        for line in log:
            record = json.loads(line)
            yield {"ts": record["ts"]} | {name: record[name] for name in FIELDS}


with open(sys.argv[2], "wb") as out:
    fastavro.writer(
        out, SCHEMA, events(sys.argv[1]), codec="zstandard", codec_compression_level=3, sync_interval=256 << 10
    )
