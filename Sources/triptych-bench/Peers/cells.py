"""A JSON log straight from the file to exact counts, as each engine does it best: only the three fields that are needed.

usage: cells.py ENGINE LOG OUT      ENGINE: duckdb, polars, chdb
Writes the lines of `triptych matrix --bucket 30s --time unix-ns`, so that the two can be compared byte for byte.
The caller measures the process as a whole, start and imports included, as it does with every other program.
"""
import sys

BUCKET_US = 30_000_000
SEVERITIES = ["unknown", "trace", "debug", "info", "warn", "error", "fatal"]


def duckdb_cells(log, out):
    import duckdb

    ranks = ", ".join(f"'{name}'" for name in SEVERITIES)
    duckdb.sql(
        f"""copy (
            select * from (
                select ts // {BUCKET_US} * {BUCKET_US * 1000} as time, service, level as severity, count(*) as count
                from read_json('{log}', format = 'newline_delimited',
                               columns = {{ts: 'BIGINT', level: 'VARCHAR', service: 'VARCHAR'}})
                group by all
            ) order by time, service, list_position([{ranks}], severity)
        ) to '{out}' (header, delimiter ',')"""
    )


def polars_cells(log, out):
    import polars as pl

    names = ["level", "service", "host", "trace_id", "msg"]
    events = pl.scan_ndjson(log, schema={"ts": pl.Int64} | {name: pl.String for name in names})
    cells = (
        events.select((pl.col("ts") // BUCKET_US * BUCKET_US * 1000).alias("time"), "service", "level")
        .group_by("time", "service", "level")
        .agg(pl.len().alias("count"))
        .collect(engine="streaming")
    )
    cells = cells.with_columns(pl.col("level").cast(pl.Enum(SEVERITIES)).alias("severity"))
    cells.sort("time", "service", "severity").select("time", "service", "severity", "count").write_csv(out)


def chdb_cells(log, out):
    import chdb

    ranks = ", ".join(f"'{name}'" for name in SEVERITIES)
    answer = chdb.query(
        f"""select intDiv(ts, {BUCKET_US}) * {BUCKET_US * 1000} as time, service, level, count()
            from file('{log}', 'JSONEachRow',
                      'ts Int64, level LowCardinality(String), service LowCardinality(String)')
            group by time, service, level order by time, service, indexOf([{ranks}], level::String)
            settings input_format_skip_unknown_fields = 1""",
        "TabSeparated",
    )
    with open(out, "wb") as file:
        file.write(b"time,service,severity,count\n" + answer.bytes().replace(b"\t", b","))


if __name__ == "__main__":
    engine, log, out = sys.argv[1:]
    {"duckdb": duckdb_cells, "polars": polars_cells, "chdb": chdb_cells}[engine](log, out)
